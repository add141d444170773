package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.Segments;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is done to whole blocks of parameters outside the kernels, by hand. */
class GradientBlocksTest {
  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(3);

  @AfterEach
  void free() {
    workers.close();
    arena.close();
  }

  private MemorySegment block(float... values) {
    MemorySegment block = Segments.allocate(arena, values.length);
    MemorySegment.copy(values, 0, block, ValueLayout.JAVA_FLOAT, 0, values.length);
    return block;
  }

  private static float[] floats(MemorySegment block) {
    return block.toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void aLongGradientIsShortened() {
    MemorySegment gradients = block(3, 0, -4);
    new GradientNorm(gradients).clip(1, workers);
    assertThat(floats(gradients)).containsExactly(new float[] {0.6f, 0, -0.8f}, within(1e-6f));
  }

  @Test
  void aShortOneStays() {
    MemorySegment gradients = block(3, 0, -4);
    new GradientNorm(gradients).clip(5.001f, workers);
    assertThat(floats(gradients)).containsExactly(3, 0, -4);
    MemorySegment nothing = block(0, 0);
    new GradientNorm(nothing).clip(1e-3f, workers);
    assertThat(floats(nothing)).containsExactly(0, 0);
  }

  @Test
  void theNormHasTheSameBitsOnAnyThreads() {
    long seed = Long.getLong("rpn.seed", 5);
    Random random = new Random(seed);
    float[] values = new float[50_001];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
      sum += (double) values[i] * values[i];
    }
    MemorySegment one = block(values);
    MemorySegment three = block(values);
    try (Workers alone = new Workers(1)) {
      new GradientNorm(one).clip(1, alone);
    }
    new GradientNorm(three).clip(1, workers);
    assertThat(one.mismatch(three)).as("seed %d", seed).isEqualTo(-1);
    for (int i = 0; i < values.length; i++) {
      double expected = values[i] / Math.sqrt(sum);
      assertThat((double) one.getAtIndex(ValueLayout.JAVA_FLOAT, i))
          .as("seed %d, value %d", seed, i)
          .isCloseTo(expected, within(1e-6 * Math.abs(expected)));
    }
  }

  @Test
  void gradientsAddUpAndAnEarlierStepIsForgotten() {
    MemorySegment gradients = block(1, 2, 3, 4, 5);
    MemorySegment sums = block(9, 9, 9, 9, 9);
    GradientSum sum = new GradientSum(gradients, sums, 2);
    sum.keep(true, workers);
    gradients.copyFrom(block(10, 20, 30, 40, 50));
    sum.keep(false, workers);
    gradients.copyFrom(block(100, 200, 300, 400, 500));
    sum.finish(workers);
    assertThat(floats(gradients)).containsExactly(111, 222, 333, 444, 555);
  }

  @Test
  void theAverageSoonForgetsItsStart() {
    MemorySegment weights = block(11, 1);
    MemorySegment averages = block(0, 1);
    WeightAverage average = new WeightAverage(0.5, weights, averages, 2);
    // It keeps 2 / 11 of itself at the first update, and half where (1 + t) / (10 + t) is more.
    average.update(1, workers);
    assertThat(floats(averages)).containsExactly(new float[] {9, 1}, within(1e-6f));
    average.update(100, workers);
    assertThat(floats(averages)).containsExactly(new float[] {10, 1}, within(1e-6f));
  }
}
