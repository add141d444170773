package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.Kernels;
import dev.rpn.loss.Losses;
import dev.rpn.model.Architecture;
import dev.rpn.model.CompiledNetwork;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import dev.rpn.model.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** 200 of Keras's own steps, see tools/make_keras_steps_fixture.py. */
class KerasStepsTest {
  private static final int STEPS = 200;
  private static final int ANCHORS = 9;

  /** Upper 24 bits of SplitMix64, less 2^23. */
  private static int integer(long stream, int index) {
    long z = stream + (index + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return (int) (z >>> 40) - (1 << 23);
  }

  /** Between a power of two and its negative: no value is rounded. */
  private static Tensor uniform(long stream, float limit, int... sides) {
    Tensor tensor = Tensor.zeros(sides);
    for (int i = 0; i < tensor.data().byteSize() / Float.BYTES; i++) {
      tensor.set(i, integer(stream, i) * (limit / (1 << 23)));
    }
    return tensor;
  }

  private static CompiledNetwork network(int channels, float learningRate) {
    Architecture architecture = Architecture.of(new RpnHead(channels, ANCHORS));
    float wide = channels == 16 ? 1f / 8 : 1f / 32;
    float narrow = 4 * wide;
    var tensors = new LinkedHashMap<String, Tensor>();
    tensors.put("3x3/kernel", uniform(1, wide, 3, 3, channels, channels));
    tensors.put("3x3/bias", uniform(2, 1f / 16, channels));
    tensors.put("location/kernel", uniform(3, narrow, 1, 1, channels, 4 * ANCHORS));
    tensors.put("location/bias", uniform(4, 1f / 16, 4 * ANCHORS));
    tensors.put("classification/kernel", uniform(5, narrow, 1, 1, channels, ANCHORS));
    tensors.put("classification/bias", uniform(6, 1f / 16, ANCHORS));
    return new Network(architecture, Weights.of(architecture, tensors))
        .compile(
            Adam.keras().withLearningRate(learningRate),
            Map.of(
                RpnHead.CLASSIFICATION,
                Losses.named("binary_crossentropy"),
                RpnHead.LOCATION,
                Losses.named("mse")));
  }

  private static FitData data(int channels, int batch, int height, int width) {
    Tensor objects = Tensor.zeros(batch, height, width, ANCHORS);
    for (int i = 0; i < batch * height * width * ANCHORS; i++) {
      objects.set(i, integer(8, i) < -(1 << 23) + (1 << 24) / 10 ? 1 : 0);
    }
    return new FitData(
        uniform(7, 1, batch, height, width, channels),
        objects,
        uniform(9, 2, batch, height, width, 4 * ANCHORS));
  }

  @ParameterizedTest
  @CsvSource({"16, 2, 6, 7, 1e-3, scalar", "16, 2, 6, 7, 1e-3, simd", "512, 1, 4, 5, 5e-6, simd"})
  void everyLossIsKeras(
      int channels, int batch, int height, int width, float learningRate, String kernels) {
    double[] expected = Golden.read("keras-steps.npz").get("c" + channels).toDoubles();
    assertThat(expected).hasSize(3 * STEPS);
    CompiledNetwork network = network(channels, learningRate);
    FitData data = data(channels, batch, height, width);
    try (var workers = new Workers(2);
        var session = new FitSession(network, data, Kernels.named(kernels), workers)) {
      for (int i = 0; i < expected.length; i += 3) {
        session.step();
        assertClose(i, "total", session.loss(), expected[i]);
        assertClose(i, "classification", session.classificationLoss(), expected[i + 1]);
        assertClose(i, "location", session.locationLoss(), expected[i + 2]);
      }
    }
  }

  private static void assertClose(int index, String loss, double found, double expected) {
    assertThat(found)
        .as("%s loss of step %d", loss, index / 3 + 1)
        .isCloseTo(expected, within(1e-5 * expected));
  }
}
