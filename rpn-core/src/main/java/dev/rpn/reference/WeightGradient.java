package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.Fma;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The gradient of a 'same' convolution (1x1 or 3x3) with respect to its weights, and the memory for
 * one thread's share of it.
 *
 * <p>It is the product of the transposed output gradient with the patches of the input: a row for
 * each position, a column for each of a filter's taps and channels in the kernel's order, and a
 * last column of ones whose product is the bias's gradient. Chains of multiply-adds over {@link
 * #POSITIONS} positions, ascending, each from 0, are added up in their order.
 *
 * <p>The operands are copied to arrays because C2 vectorises loops over arrays that are read and
 * written at one index, and none over memory segments (JDK 25: 40 GFLOP/s against 6).
 */
final class WeightGradient {
  /** Positions of one chain, a multiple of four. */
  private static final int POSITIONS = 64;

  /** Columns computed together: four sums and four patches of this length stay in a first cache. */
  private static final int COLUMNS = 512;

  /** Outputs computed together, a multiple of four, for each copy of the patches. */
  private static final int OUTPUTS = 64;

  private final float[][] patches = new float[POSITIONS][COLUMNS];
  private final float[][] totals = new float[OUTPUTS][COLUMNS];
  private final float[][] sums = new float[4][COLUMNS];
  private final float[] factors = new float[16];

  /**
   * Computes one share of the columns.
   *
   * @param side 1 or 3
   * @param shape shape of the forward input
   * @param in the forward input
   * @param outputs channels of the forward output
   * @param outGradient gradient at the forward output, {@code (N, H, W, outputs)}
   * @param kernel written, {@code (side, side, channels, outputs)}
   * @param bias written, {@code outputs}
   */
  void run(
      int side,
      MapShape shape,
      MemorySegment in,
      int outputs,
      MemorySegment outGradient,
      MemorySegment kernel,
      MemorySegment bias,
      int part,
      int parts) {
    int all = side * side * shape.channels() + 1;
    int first = Share.start(all, part, parts);
    int count = Share.start(all, part + 1, parts) - first;
    int blocks = Math.ceilDiv(count, COLUMNS);
    for (int block = 0; block < blocks; block++) {
      int from = first + Share.start(count, block, blocks);
      int columns = first + Share.start(count, block + 1, blocks) - from;
      for (int output = 0; output < outputs; output += OUTPUTS) {
        int end = Math.min(outputs, output + OUTPUTS);
        sum(side, shape, in, outputs, outGradient, from, columns, output, end);
        store(outputs, kernel, bias, all - 1, from, columns, output, end);
      }
    }
  }

  private void sum(
      int side,
      MapShape shape,
      MemorySegment in,
      int outputs,
      MemorySegment outGradient,
      int from,
      int columns,
      int firstOutput,
      int endOutput) {
    for (int i = 0; i < endOutput - firstOutput; i++) {
      Arrays.fill(totals[i], 0, columns, 0f);
    }
    int positions = shape.positions();
    for (int first = 0; first < positions; first += POSITIONS) {
      int count = Math.min(POSITIONS, positions - first);
      copyPatches(side, shape, in, first, count, from, columns);
      for (int output = firstOutput; output < endOutput; output += 4) {
        int lanes = Math.min(4, endOutput - output);
        for (int i = 0; i < lanes; i++) {
          Arrays.fill(sums[i], 0, columns, 0f);
        }
        for (int p = 0; p < count; p += 4) {
          loadFactors(outGradient, outputs, first + p, Math.min(4, count - p), output, lanes);
          multiply(
              sums[0],
              sums[1],
              sums[2],
              sums[3],
              patches[p],
              patches[p + 1],
              patches[p + 2],
              patches[p + 3],
              factors,
              columns);
        }
        for (int i = 0; i < lanes; i++) {
          add(totals[output - firstOutput + i], sums[i], columns);
        }
      }
    }
  }

  /** Four outputs at four positions, 0 where there is none. */
  private void loadFactors(
      MemorySegment outGradient, int outputs, int position, int count, int output, int lanes) {
    if (count < 4 || lanes < 4) {
      Arrays.fill(factors, 0f);
    }
    for (int p = 0; p < count; p++) {
      long offset = 4L * ((long) (position + p) * outputs + output);
      for (int i = 0; i < lanes; i++) {
        factors[4 * i + p] = outGradient.get(JAVA_FLOAT, offset + 4L * i);
      }
    }
  }

  private static void multiply(
      float[] s0,
      float[] s1,
      float[] s2,
      float[] s3,
      float[] x0,
      float[] x1,
      float[] x2,
      float[] x3,
      float[] f,
      int columns) {
    float f00 = f[0], f01 = f[1], f02 = f[2], f03 = f[3];
    float f10 = f[4], f11 = f[5], f12 = f[6], f13 = f[7];
    float f20 = f[8], f21 = f[9], f22 = f[10], f23 = f[11];
    float f30 = f[12], f31 = f[13], f32 = f[14], f33 = f[15];
    for (int j = 0; j < columns; j++) {
      float a = x0[j];
      float b = x1[j];
      float c = x2[j];
      float d = x3[j];
      s0[j] = Fma.of(f03, d, Fma.of(f02, c, Fma.of(f01, b, Fma.of(f00, a, s0[j]))));
      s1[j] = Fma.of(f13, d, Fma.of(f12, c, Fma.of(f11, b, Fma.of(f10, a, s1[j]))));
      s2[j] = Fma.of(f23, d, Fma.of(f22, c, Fma.of(f21, b, Fma.of(f20, a, s2[j]))));
      s3[j] = Fma.of(f33, d, Fma.of(f32, c, Fma.of(f31, b, Fma.of(f30, a, s3[j]))));
    }
  }

  private static void add(float[] total, float[] sum, int columns) {
    for (int j = 0; j < columns; j++) {
      total[j] += sum[j];
    }
  }

  /** Some columns of the patches around {@code count} positions, then zeros up to four. */
  private void copyPatches(
      int side, MapShape shape, MemorySegment in, int first, int count, int from, int columns) {
    int window = side * shape.channels();
    int ones = side * window;
    int end = from + columns;
    int x = first % shape.width();
    int y = first / shape.width() % shape.height();
    for (int p = 0; p < count; p++) {
      float[] patch = patches[p];
      for (int tap = from / window; tap < side && tap * window < end; tap++) {
        int low = Math.max(from, tap * window);
        int high = Math.min(end, (tap + 1) * window);
        int row = y + tap - side / 2;
        if (row < 0 || row >= shape.height()) {
          Arrays.fill(patch, low - from, high - from, 0f);
        } else {
          copyRow(
              shape,
              in,
              first + p + (tap - side / 2) * shape.width() - x,
              x - side / 2,
              low - tap * window,
              high - tap * window,
              patch,
              low - from);
        }
      }
      if (end > ones) {
        patch[ones - from] = 1f;
      }
      if (++x == shape.width()) {
        x = 0;
        y = y + 1 == shape.height() ? 0 : y + 1;
      }
    }
    for (int p = count; p % 4 != 0; p++) {
      Arrays.fill(patches[p], 0, columns, 0f);
    }
  }

  /**
   * Copies values {@code low} to {@code high} of the window that begins at column {@code left} of a
   * row, zeros where it is outside.
   *
   * @param rowStart the row's first position in the batch
   */
  private static void copyRow(
      MapShape shape,
      MemorySegment in,
      int rowStart,
      int left,
      int low,
      int high,
      float[] patch,
      int to) {
    int channels = shape.channels();
    int begin = left * channels + low;
    int end = left * channels + high;
    int inside = Math.clamp(0, begin, end);
    int beyond = Math.clamp((long) shape.width() * channels, inside, end);
    if (inside > begin) {
      Arrays.fill(patch, to, to + inside - begin, 0f);
    }
    if (beyond > inside) {
      long offset = 4L * ((long) rowStart * channels + inside);
      MemorySegment.copy(in, JAVA_FLOAT, offset, patch, to + inside - begin, beyond - inside);
    }
    if (end > beyond) {
      Arrays.fill(patch, to + beyond - begin, to + end - begin, 0f);
    }
  }

  /** The totals, transposed; the column of ones goes to the bias. */
  private void store(
      int outputs,
      MemorySegment kernel,
      MemorySegment bias,
      int ones,
      int from,
      int columns,
      int firstOutput,
      int endOutput) {
    for (int j = 0; j < columns; j++) {
      boolean kernelColumn = from + j < ones;
      MemorySegment target = kernelColumn ? kernel : bias;
      long offset = kernelColumn ? 4L * (from + j) * outputs : 0;
      for (int output = firstOutput; output < endOutput; output++) {
        target.set(JAVA_FLOAT, offset + 4L * output, totals[output - firstOutput][j]);
      }
    }
  }
}
