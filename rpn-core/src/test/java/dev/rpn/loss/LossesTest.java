package dev.rpn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.kernel.KernelTestSupport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LossesTest {
  private final Arena arena = Arena.ofAuto();

  private MemorySegment floats(float... values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  private double value(Loss loss, float prediction, float target) {
    return loss.accumulate(floats(prediction), floats(target), floats(0), 0, 1, 1);
  }

  private float gradient(Loss loss, float prediction, float target) {
    MemorySegment gradient = floats(Float.NaN);
    loss.accumulate(floats(prediction), floats(target), gradient, 0, 1, 1);
    return gradient.get(ValueLayout.JAVA_FLOAT, 0);
  }

  static Stream<Arguments> lossesAndTolerances() {
    // The float32 rounding of a probability is noise of 6e-8 over the step of 1/64.
    return Stream.of(
        Arguments.of(BinaryCrossEntropy.fromLogits(), 1e-4),
        Arguments.of(BinaryCrossEntropy.fromProbabilities(), 2e-4),
        Arguments.of(new MeanSquaredError(), 1e-6),
        Arguments.of(new SmoothL1(1 / 9f), 1e-6),
        Arguments.of(new SmoothL1(1), 1e-6),
        Arguments.of(new SmoothL1(0), 1e-6));
  }

  @ParameterizedTest
  @MethodSource("lossesAndTolerances")
  void gradientIsTheCentralDifference(Loss loss, double tolerance) {
    Random random = KernelTestSupport.random("gradient " + loss);
    float step = 1 / 64f;
    int checked = 0;
    for (int i = 0; i < 2000; i++) {
      float target = random.nextFloat();
      float prediction = 6 * random.nextFloat() - 3;
      if (loss instanceof SmoothL1(float beta)) {
        float distance = Math.abs(prediction - target);
        // Away from the kinks, at 0 and where the square ends.
        if (Math.abs(distance - beta) < 2 * step || (beta == 0 && distance < 2 * step)) {
          continue;
        }
      }
      checked++;
      float up = prediction + step;
      float down = prediction - step;
      double difference =
          (value(loss, up, target) - value(loss, down, target)) / ((double) up - down);
      assertThat((double) gradient(loss, prediction, target))
          .as("at %s for %s", prediction, target)
          .isCloseTo(difference, within(tolerance));
    }
    assertThat(checked).isGreaterThan(1000);
  }

  @Test
  void binaryCrossEntropyFromLogits() {
    Loss loss = BinaryCrossEntropy.fromLogits();
    assertThat(value(loss, 0, 1)).isCloseTo(Math.log(2), within(1e-15));
    assertThat(value(loss, 2, 0.25f)).isCloseTo(2 - 0.5 + Math.log1p(Math.exp(-2)), within(1e-15));
    assertThat(value(loss, 1000, 0)).isEqualTo(1000);
    assertThat(value(loss, -1000, 0)).isZero();
    assertThat(gradient(loss, 1000, 0)).isEqualTo(1);
    assertThat(gradient(loss, -1000, 1)).isEqualTo(-1);
    assertThat(value(loss, Float.NaN, 0)).isNaN();
    assertThat(gradient(loss, Float.NaN, 0)).isNaN();
  }

  @Test
  void binaryCrossEntropyFromProbabilitiesClipsAsKerasDoes() {
    Loss loss = BinaryCrossEntropy.fromProbabilities();
    assertThat(value(loss, 0, 1)).isCloseTo(Math.log(2), within(1e-7));
    // Keras gives 15.942385 and 16.118095 for a prediction that could not be more wrong.
    assertThat(value(loss, 100, 0)).isCloseTo(15.942385, within(1e-6));
    assertThat(value(loss, -100, 1)).isCloseTo(16.118095, within(1e-6));
    assertThat(gradient(loss, 100, 0)).isZero();
    assertThat(gradient(loss, -100, 1)).isZero();
    assertThat(gradient(loss, 10, 0)).isCloseTo(0.9999546f, within(1e-7f));
    assertThat(value(loss, Float.NaN, 0)).isNaN();
    assertThat(gradient(loss, Float.NaN, 0)).isNaN();
  }

  @Test
  void meanSquaredError() {
    assertThat(value(new MeanSquaredError(), 3, 5)).isEqualTo(4);
    assertThat(gradient(new MeanSquaredError(), 3, 5)).isEqualTo(-4);
  }

  @Test
  void smoothL1() {
    Loss loss = new SmoothL1(0.5f);
    assertThat(value(loss, 0.25f, 0)).isEqualTo(0.0625);
    assertThat(gradient(loss, -0.25f, 0)).isEqualTo(-0.5f);
    assertThat(value(loss, 2, 0)).isEqualTo(1.75);
    assertThat(gradient(loss, -2, 0)).isEqualTo(-1);
    assertThat(value(new SmoothL1(0), 2, 0)).isEqualTo(2);
    assertThat(gradient(new SmoothL1(0), 0, 0)).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SmoothL1(-1))
        .withMessage("smooth L1: expected a beta of at least 0 and finite, got -1.0");
  }

  @Test
  void onlyTheRangeIsTouchedAndScaled() {
    MemorySegment gradients = floats(7, 7, 7, 7);
    double sum =
        new MeanSquaredError()
            .accumulate(floats(9, 1, 2, 9), floats(0, 0, 0, 0), gradients, 1, 2, 0.5);
    assertThat(sum).isEqualTo(2.5);
    assertThat(KernelTestSupport.floats(gradients)).containsExactly(7, 1, 2, 7);
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(
            () -> new MeanSquaredError().accumulate(floats(1), floats(1), gradients, 0, 2, 1));
  }

  @Test
  void sampledAnchorsOnly() {
    MemorySegment gradients = floats(0, 0, 0, 0, 0, 0, 0, 0);
    MemorySegment predictions = floats(1, 2, 3, 4, 5, 6, 7, 8);
    MemorySegment targets = floats(0, 0, 0, 0, 0, 0, 0, 0);
    double sum =
        new MeanSquaredError()
            .accumulateSampled(predictions, targets, gradients, new int[] {0, 3, 1}, 1, 3, 2, 0.5);
    assertThat(sum).isEqualTo(0.5 * (49 + 64 + 9 + 16));
    assertThat(KernelTestSupport.floats(gradients)).containsExactly(0, 0, 3, 4, 0, 0, 7, 8);
  }

  @Test
  void normalisers() {
    assertThat(Normaliser.ALL_ELEMENTS.scale(40, 8, 10)).isEqualTo(1 / 40.0);
    assertThat(Normaliser.SAMPLED.scale(40, 8, 10)).isEqualTo(1 / 8.0);
    assertThat(Normaliser.REQUESTED.scale(40, 8, 10)).isEqualTo(1 / 10.0);
    assertThat(Normaliser.SAMPLED.scale(40, 0, 10)).isZero();
  }

  @Test
  void names() {
    assertThat(Losses.named("binary_crossentropy")).isEqualTo(BinaryCrossEntropy.fromLogits());
    assertThat(Losses.named("mse")).isEqualTo(Losses.named("mean_squared_error"));
    assertThat(Losses.named("huber")).isEqualTo(new SmoothL1(1));
    assertThat(Losses.names()).allSatisfy(name -> assertThat(Losses.named(name)).isNotNull());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Losses.named("hinge"))
        .withMessage(
            "loss: expected one of [binary_crossentropy, binary_crossentropy_from_probabilities,"
                + " mean_squared_error, mse, smooth_l1, huber], got 'hinge'");
  }
}
