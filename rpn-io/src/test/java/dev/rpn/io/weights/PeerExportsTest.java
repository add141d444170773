package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import dev.rpn.model.TensorSpec;
import dev.rpn.model.Weights;
import dev.rpn.reference.ScalarKernelProvider;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is written, Keras and ONNX Runtime load and run to the same outputs: the resources hold the
 * files that they loaded, and what they computed of them (tools/make_export_fixtures.py). What is
 * written stays in {@code target/exports}, for the script to try.
 */
class PeerExportsTest {
  /** Of the largest output; sums of at most 72 products of float32 in other orders. */
  private static final double BOUND = 1e-5;

  private static Network network(String name) {
    Backbone backbone = Backbone.thin(4, 4, 6, 6, 8);
    Architecture architecture =
        name.equals("head")
            ? Architecture.of(new RpnHead(8, 3))
            : Architecture.of(backbone, new RpnHead(8, 3));
    var random = new SplittableRandom(11);
    var tensors = new LinkedHashMap<String, Tensor>();
    for (TensorSpec spec : architecture.weights()) {
      Tensor tensor = Tensor.zeros(spec.sides());
      // Large enough for every output to depend on every weight, the biases too.
      for (int i = 0; i < tensor.size(); i++) {
        tensor.set(i, (float) random.nextDouble(-0.3, 0.4));
      }
      tensors.put(spec.name(), tensor);
    }
    return new Network(architecture, Weights.of(architecture, tensors));
  }

  @ParameterizedTest
  @CsvSource({
    "head, .onnx", "head, .weights.h5", "head, .safetensors", "head, .npz",
    "whole, .onnx", "whole, .weights.h5", "whole, .safetensors", "whole, .npz"
  })
  void writesTheBytesThatPeersLoaded(String name, String extension) throws IOException {
    Path file = Files.createDirectories(Path.of("target/exports")).resolve(name + extension);
    WeightFiles.write(file, network(name));
    assertThat(file).hasSameBinaryContentAs(Fixtures.file("exports/" + name + extension));
  }

  @ParameterizedTest
  @ValueSource(strings = {"head", "whole"})
  void computesWhatPeersCompute(String name) throws IOException {
    Map<String, NpyArray> peers = Npz.read(Fixtures.file("exports/" + name + ".peers.npz"));
    Tensor x = tensor(peers, "x");
    int[] sides = x.shape();
    var shape = new MapShape(sides[0], sides[1], sides[2], sides[3]);
    EngineOptions options = EngineOptions.standard().withKernels(new ScalarKernelProvider());
    try (var engine = new NetworkEngine(network(name), options, shape)) {
      engine.forward(0, shape, x.data());
      float[] probabilities = engine.probabilities(0);
      float[] deltas = deltas(engine.deltas(0));
      for (String peer : new String[] {"onnx", "weights.h5", "safetensors", "npz"}) {
        assertClose(peer, probabilities, tensor(peers, peer + "/" + RpnHead.CLASSIFICATION));
        assertClose(peer, deltas, tensor(peers, peer + "/" + RpnHead.LOCATION));
      }
    }
  }

  private static float[] deltas(MemorySegment values) {
    return values.toArray(ValueLayout.JAVA_FLOAT);
  }

  private static Tensor tensor(Map<String, NpyArray> arrays, String name) throws IOException {
    return Objects.requireNonNull(arrays.get(name), name).toTensor();
  }

  private static void assertClose(String peer, float[] values, Tensor expected) {
    assertThat(values).as(peer).hasSize(expected.size());
    double scale = 0;
    double apart = 0;
    for (int i = 0; i < values.length; i++) {
      scale = Math.max(scale, Math.abs(expected.get(i)));
      apart = Math.max(apart, Math.abs(values[i] - expected.get(i)));
    }
    // Not all the same, or saturated, or zero.
    assertThat(scale).as(peer).isGreaterThan(0.1);
    assertThat(apart / scale).as(peer).isLessThanOrEqualTo(BOUND);
  }
}
