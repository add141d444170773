package dev.rpn.simd;

import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The gradient of 2x2 max-pooling, and of the ReLU before it: it goes to the first of a window that
 * holds the maximum, if that is above 0. Shared out by pairs of input rows.
 */
final class MaxPoolGradient {
  private MaxPoolGradient() {}

  static void run(
      MapShape shape,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      int part,
      int parts) {
    int height = shape.height();
    int pairs = Math.ceilDiv(height, 2);
    long all = (long) shape.batch() * pairs;
    long row = (long) shape.width() * shape.channels() * Float.BYTES;
    long end = all * (part + 1) / parts;
    for (long pair = all * part / parts; pair < end; pair++) {
      long image = pair / pairs;
      long y = pair % pairs;
      long top = (image * height + 2 * y) * row;
      if (2 * y + 1 < height) {
        long pixel = (long) shape.channels() * Float.BYTES;
        long out = (image * (height / 2) + y) * (shape.width() / 2) * pixel;
        pair(shape, in, outGradient, inGradient, top, out);
      } else {
        inGradient.asSlice(top, row).fill((byte) 0);
      }
    }
  }

  private static void pair(
      MapShape shape,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      long top,
      long out) {
    int channels = shape.channels();
    long pixel = (long) channels * Float.BYTES;
    long row = shape.width() * pixel;
    int whole = channels - channels % LANES;
    for (int x = 0; x + 1 < shape.width(); x += 2) {
      long window = top + x * pixel;
      long from = out + x / 2 * pixel;
      for (int c = 0; c < whole; c += LANES) {
        long lane = (long) c * Float.BYTES;
        vector(in, outGradient, inGradient, window + lane, row, pixel, from + lane);
      }
      for (int c = whole; c < channels; c++) {
        long lane = (long) c * Float.BYTES;
        one(in, outGradient, inGradient, window + lane, row, pixel, from + lane);
      }
    }
    if (shape.width() % 2 == 1) {
      inGradient.asSlice(top + row - pixel, pixel).fill((byte) 0);
      inGradient.asSlice(top + 2 * row - pixel, pixel).fill((byte) 0);
    }
  }

  private static void vector(
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      long at,
      long row,
      long pixel,
      long out) {
    FloatVector v0 = FloatVector.fromMemorySegment(FLOAT, in, at, ORDER);
    FloatVector v1 = FloatVector.fromMemorySegment(FLOAT, in, at + pixel, ORDER);
    FloatVector v2 = FloatVector.fromMemorySegment(FLOAT, in, at + row, ORDER);
    FloatVector v3 = FloatVector.fromMemorySegment(FLOAT, in, at + row + pixel, ORDER);
    FloatVector largest = v0.max(v1).max(v2.max(v3));
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector left = FloatVector.fromMemorySegment(FLOAT, outGradient, out, ORDER);
    left = zero.blend(left, largest.compare(VectorOperators.GT, 0f));
    VectorMask<Float> mine = v0.compare(VectorOperators.GE, largest);
    zero.blend(left, mine).intoMemorySegment(inGradient, at, ORDER);
    left = left.blend(zero, mine);
    mine = v1.compare(VectorOperators.GE, largest);
    zero.blend(left, mine).intoMemorySegment(inGradient, at + pixel, ORDER);
    left = left.blend(zero, mine);
    mine = v2.compare(VectorOperators.GE, largest);
    zero.blend(left, mine).intoMemorySegment(inGradient, at + row, ORDER);
    left.blend(zero, mine).intoMemorySegment(inGradient, at + row + pixel, ORDER);
  }

  private static void one(
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      long at,
      long row,
      long pixel,
      long out) {
    float v0 = in.get(JAVA_FLOAT, at);
    float v1 = in.get(JAVA_FLOAT, at + pixel);
    float v2 = in.get(JAVA_FLOAT, at + row);
    float v3 = in.get(JAVA_FLOAT, at + row + pixel);
    float largest = Math.max(Math.max(v0, v1), Math.max(v2, v3));
    float left = largest > 0 ? outGradient.get(JAVA_FLOAT, out) : 0;
    boolean first = v0 >= largest;
    boolean second = !first && v1 >= largest;
    boolean third = !first && !second && v2 >= largest;
    inGradient.set(JAVA_FLOAT, at, first ? left : 0);
    inGradient.set(JAVA_FLOAT, at + pixel, second ? left : 0);
    inGradient.set(JAVA_FLOAT, at + row, third ? left : 0);
    inGradient.set(JAVA_FLOAT, at + row + pixel, first || second || third ? 0 : left);
  }
}
