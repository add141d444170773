package dev.rpn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.IntConsumer;

/** Random fills, guarded segments and bit comparisons that all kernel tests share. */
public final class KernelTestSupport {
  private static final int CANARY_BYTES = 64;
  private static final byte CANARY = (byte) 0x5C;
  private static final byte POISON = (byte) 0xA5;
  private static final long SEED = seed();

  private KernelTestSupport() {}

  private static long seed() {
    long seed = Long.getLong("rpn.seed", System.nanoTime());
    System.out.println("replay with -Drpn.seed=" + seed);
    return seed;
  }

  /** The run's seed: {@code -Drpn.seed}, else another one each run; printed either way. */
  public static long runSeed() {
    return SEED;
  }

  /** A generator for one case, told apart from other cases by its description. */
  public static Random random(String caseName) {
    return new Random(SEED ^ (caseName.hashCode() * 0x9E3779B97F4A7C15L));
  }

  /** What tensors are filled with. */
  public enum Fill {
    /** Standard normal. */
    NORMAL {
      @Override
      float next(Random random) {
        return (float) random.nextGaussian();
      }
    },
    /** Standard normal after ReLU: half are 0. */
    RELU {
      @Override
      float next(Random random) {
        return Math.max(0f, (float) random.nextGaussian());
      }
    },
    /** Uniform in [0, 1): sums grow, nothing cancels. */
    POSITIVE {
      @Override
      float next(Random random) {
        return random.nextFloat();
      }
    },
    /** Magnitudes from 2^-40 to 2^40. */
    WIDE {
      @Override
      float next(Random random) {
        float sign = random.nextBoolean() ? 1f : -1f;
        return sign * (1f + random.nextFloat()) * Math.scalb(1f, random.nextInt(-40, 40));
      }
    },
    /** Two opposite large values and little between: sums cancel. */
    CANCELLING {
      @Override
      float next(Random random) {
        float large = random.nextBoolean() ? 1000f : -1000f;
        return large + (float) random.nextGaussian();
      }
    },
    /** Integers from -4 to 4: products and sums are exact in float32. */
    INTEGERS {
      @Override
      float next(Random random) {
        return random.nextInt(-4, 5);
      }
    };

    abstract float next(Random random);
  }

  /** Random values. */
  public static float[] fill(Fill fill, int count, Random random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = fill.next(random);
    }
    return values;
  }

  /** A read-only native segment of just these values: a kernel that writes to it fails. */
  public static MemorySegment input(Arena arena, float[] values) {
    MemorySegment segment = Segments.allocate(arena, values.length);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    return segment.asReadOnly();
  }

  /** All values of a segment. */
  public static float[] floats(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_FLOAT);
  }

  /**
   * A segment of the exact size between two canaries. Its alignment is that of {@link Segments}.
   *
   * @param segment what the kernel gets
   * @param around the segment with its canaries
   */
  public record Guarded(MemorySegment segment, MemorySegment around) {
    /** An output: every value is NaN until it is written. */
    public static Guarded output(Arena arena, long values) {
      Guarded guarded = bytes(arena, values * Float.BYTES);
      for (long i = 0; i < values; i++) {
        guarded.segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.NaN);
      }
      return guarded;
    }

    /** Values that the kernel changes in place. */
    public static Guarded of(Arena arena, float[] values) {
      Guarded guarded = bytes(arena, (long) values.length * Float.BYTES);
      MemorySegment.copy(values, 0, guarded.segment, ValueLayout.JAVA_FLOAT, 0, values.length);
      return guarded;
    }

    /** Scratch or packed weights: every byte is 0xA5. */
    public static Guarded bytes(Arena arena, long bytes) {
      MemorySegment around = arena.allocate(bytes + 2 * CANARY_BYTES, Segments.ALIGNMENT);
      around.fill(CANARY);
      MemorySegment segment = around.asSlice(CANARY_BYTES, bytes);
      segment.fill(POISON);
      return new Guarded(segment, around);
    }

    /** The values, after a look at the canaries. */
    public float[] floats() {
      assertIntact();
      return KernelTestSupport.floats(segment);
    }

    /** Fails if anything was written beside the segment. */
    public void assertIntact() {
      long end = around.byteSize();
      for (int i = 0; i < CANARY_BYTES; i++) {
        assertThat(around.get(ValueLayout.JAVA_BYTE, i)).as("byte before").isEqualTo(CANARY);
        assertThat(around.get(ValueLayout.JAVA_BYTE, end - 1 - i))
            .as("byte behind")
            .isEqualTo(CANARY);
      }
    }
  }

  /** Fails at the first value whose bits differ. */
  public static void assertSameBits(String what, float[] actual, float[] expected) {
    assertThat(actual.length).as(what).isEqualTo(expected.length);
    for (int i = 0; i < actual.length; i++) {
      if (Float.floatToRawIntBits(actual[i]) != Float.floatToRawIntBits(expected[i])) {
        throw new AssertionError(
            what + ": value " + i + ": expected " + expected[i] + ", got " + actual[i] + replay());
      }
    }
  }

  /** Fails at the first value that is farther from the expected one than its bound. */
  public static void assertWithin(String what, float[] actual, double[] expected, double[] bounds) {
    assertThat(actual.length).as(what).isEqualTo(expected.length);
    for (int i = 0; i < actual.length; i++) {
      // Written so that NaN fails.
      if (!(Math.abs(actual[i] - expected[i]) <= bounds[i])) {
        throw new AssertionError(
            what
                + ": value "
                + i
                + ": expected "
                + expected[i]
                + " +- "
                + bounds[i]
                + ", got "
                + actual[i]
                + replay());
      }
    }
  }

  /** The largest relative rounding error of n operations in float32, Higham's gamma_n. */
  public static double gamma(double operations) {
    double nu = operations * 0x1p-24;
    return nu / (1 - nu);
  }

  /** Runs every part of a split, in an order that a kernel must not depend on. */
  public static void inParts(int parts, IntConsumer part) {
    for (int i = parts - 1; i >= 0; i--) {
      part.accept(i);
    }
  }

  /**
   * Packs and runs a stage on exactly-sized, guarded, poisoned memory.
   *
   * @param threads how many threads to split the blocks for
   * @return the result
   */
  public static float[] run(StageKernel stage, MapShape shape, float[] input, int threads) {
    try (Arena arena = Arena.ofConfined()) {
      Guarded packed = Guarded.bytes(arena, stage.packedBytes());
      inParts(threads, part -> stage.pack(packed.segment, part, threads));
      Guarded scratch = Guarded.bytes(arena, stage.scratchBytes(shape));
      Guarded output = Guarded.output(arena, stage.output(shape).elements());
      MemorySegment in = input(arena, input);
      int blocks = stage.blocks(shape, threads);
      assertThat(blocks).as("blocks").isPositive();
      MemorySegment packedRead = packed.segment.asReadOnly();
      inParts(
          blocks,
          block ->
              stage.run(shape, in, output.segment, packedRead, scratch.segment, block, blocks));
      packed.assertIntact();
      scratch.assertIntact();
      return output.floats();
    }
  }

  private static String replay() {
    return " (replay with -Drpn.seed=" + SEED + ")";
  }
}
