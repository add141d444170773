package dev.rpn.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.rpn.io.weights.WeightFiles;
import dev.rpn.model.RpnHead;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** ONNX Runtime's processor provider, all optimisations on, outputs in memory of ours. */
final class OnnxRuntime implements Contender {
  private static final String INPUT = "features";

  private final HeadCase head;
  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;
  private final FloatBuffer probabilities;
  private final FloatBuffer deltas;

  OnnxRuntime(HeadCase head, int threads) throws OrtException {
    this.head = head;
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      // Fixed sides, so that it may plan its memory ahead as the engine does.
      options.setSymbolicDimensionValue("batch", 1);
      options.setSymbolicDimensionValue("height", head.map().height());
      options.setSymbolicDimensionValue("width", head.map().width());
      session = session(environment, options);
    }
    FloatBuffer input = buffer(head.map().elements()).put(head.inputNchw()).flip();
    int anchors = head.head().anchors();
    probabilities = buffer(head.map().positions() * anchors);
    deltas = buffer(head.map().positions() * 4 * anchors);
    inputs = Map.of(INPUT, OnnxTensor.createTensor(environment, input, sides(input)));
    outputs =
        Map.of(
            RpnHead.CLASSIFICATION,
            OnnxTensor.createTensor(environment, probabilities, sides(probabilities)),
            RpnHead.LOCATION,
            OnnxTensor.createTensor(environment, deltas, sides(deltas)));
  }

  /** The head as this project exports it. */
  private OrtSession session(OrtEnvironment environment, OrtSession.SessionOptions options)
      throws OrtException {
    try {
      Path model = Files.createTempFile("head", ".onnx");
      try {
        WeightFiles.write(model, head.network());
        return environment.createSession(model.toString(), options);
      } finally {
        Files.delete(model);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FloatBuffer buffer(int values) {
    return ByteBuffer.allocateDirect(values * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private long[] sides(FloatBuffer values) {
    return new long[] {
      1, values.capacity() / head.map().positions(), head.map().height(), head.map().width()
    };
  }

  @Override
  public String name() {
    return "ONNX Runtime";
  }

  @Override
  public void run() {
    try {
      session.run(inputs, outputs).close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public float[][] outputs() {
    return new float[][] {nhwc(probabilities), nhwc(deltas)};
  }

  private float[] nhwc(FloatBuffer buffer) {
    float[] values = new float[buffer.capacity()];
    buffer.get(0, values);
    return head.fromNchw(values, values.length / head.map().positions());
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    outputs.values().forEach(OnnxTensor::close);
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
