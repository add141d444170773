package dev.rpn.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.Segments;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** The same values in every fork. */
final class RandomValues {
  private RandomValues() {}

  /** Normally distributed float32 of mean 0. */
  static MemorySegment normal(Arena arena, long count, double deviation) {
    Random random = new Random(count);
    MemorySegment values = Segments.allocate(arena, count);
    for (long i = 0; i < count; i++) {
      values.setAtIndex(JAVA_FLOAT, i, (float) (random.nextGaussian() * deviation));
    }
    return values;
  }
}
