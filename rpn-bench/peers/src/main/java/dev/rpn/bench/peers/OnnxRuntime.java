package dev.rpn.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.rpn.model.RpnHead;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/** ONNX Runtime's processor provider, all optimisations on, outputs in memory of ours. */
final class OnnxRuntime implements Contender {
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
      session = environment.createSession(OnnxGraph.of(head), options);
    }
    FloatBuffer input = buffer(head.map().elements()).put(head.inputNchw()).flip();
    int anchors = head.head().anchors();
    probabilities = buffer(head.map().positions() * anchors);
    deltas = buffer(head.map().positions() * 4 * anchors);
    inputs = Map.of(OnnxGraph.INPUT, OnnxTensor.createTensor(environment, input, sides(input)));
    outputs =
        Map.of(
            RpnHead.CLASSIFICATION,
            OnnxTensor.createTensor(environment, probabilities, sides(probabilities)),
            RpnHead.LOCATION,
            OnnxTensor.createTensor(environment, deltas, sides(deltas)));
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
