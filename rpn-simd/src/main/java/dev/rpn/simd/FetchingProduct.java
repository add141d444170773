package dev.rpn.simd;

import static dev.rpn.simd.ProductKernel.CHUNK;
import static dev.rpn.simd.ProductKernel.CHUNK_BYTES;
import static dev.rpn.simd.ProductKernel.CHUNK_PANEL_BYTES;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.InputStream;
import java.lang.constant.ConstantDescs;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;

/**
 * {@link ProductKernel}'s wide tile for one chunk of input channels, which reads ahead of its use
 * what the next chunk needs: a value every so many bytes, which differ from copy to copy of this
 * class.
 *
 * <p>Java has no instruction that fetches and does not wait, and a read that misses holds up what
 * follows it. So these reads are slow and steady: the processor, which runs ahead of a stream, then
 * has most lines there before they are asked for, and the products have the time for it
 * (docs/adr/0011-fetched-while-multiplying.md, docs/adr/0012-chunks-in-the-first-level-cache.md).
 */
final class FetchingProduct implements ChunkProduct {
  /** Bytes between two reads, one a step; 0 for none. A constant to C2, which it must be. */
  private static final long AHEAD = ahead();

  FetchingProduct() {}

  /** A copy of this class that reads a value every so many bytes, or none for 0. */
  static ChunkProduct every(long bytes) {
    try (InputStream code = FetchingProduct.class.getResourceAsStream("FetchingProduct.class")) {
      return (ChunkProduct)
          MethodHandles.lookup()
              .defineHiddenClassWithClassData(code.readAllBytes(), bytes, true)
              .lookupClass()
              .getDeclaredConstructor()
              .newInstance();
    } catch (IOException | ReflectiveOperationException e) {
      throw new IllegalStateException("a class of this project cannot be copied", e);
    }
  }

  /** What {@link #every} was given; the class itself, of which none is made, has nothing. */
  private static long ahead() {
    try {
      Long bytes =
          MethodHandles.classData(MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, Long.class);
      return bytes == null ? 0 : bytes;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int multiply(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset,
      boolean more,
      long aheadOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = sum(m, mOffset, 0, 0, more, zero);
    FloatVector s01 = sum(m, mOffset, 0, 1, more, zero);
    FloatVector s02 = sum(m, mOffset, 0, 2, more, zero);
    FloatVector s03 = sum(m, mOffset, 0, 3, more, zero);
    FloatVector s10 = sum(m, mOffset, 1, 0, more, zero);
    FloatVector s11 = sum(m, mOffset, 1, 1, more, zero);
    FloatVector s12 = sum(m, mOffset, 1, 2, more, zero);
    FloatVector s13 = sum(m, mOffset, 1, 3, more, zero);
    FloatVector s20 = sum(m, mOffset, 2, 0, more, zero);
    FloatVector s21 = sum(m, mOffset, 2, 1, more, zero);
    FloatVector s22 = sum(m, mOffset, 2, 2, more, zero);
    FloatVector s23 = sum(m, mOffset, 2, 3, more, zero);
    FloatVector s30 = sum(m, mOffset, 3, 0, more, zero);
    FloatVector s31 = sum(m, mOffset, 3, 1, more, zero);
    FloatVector s32 = sum(m, mOffset, 3, 2, more, zero);
    FloatVector s33 = sum(m, mOffset, 3, 3, more, zero);
    FloatVector s40 = sum(m, mOffset, 4, 0, more, zero);
    FloatVector s41 = sum(m, mOffset, 4, 1, more, zero);
    FloatVector s42 = sum(m, mOffset, 4, 2, more, zero);
    FloatVector s43 = sum(m, mOffset, 4, 3, more, zero);
    MemorySegment v0 = v.asSlice(vOffset, CHUNK_BYTES);
    MemorySegment v1 = v.asSlice(vOffset + rowStride, CHUNK_BYTES);
    MemorySegment v2 = v.asSlice(vOffset + 2 * rowStride, CHUNK_BYTES);
    MemorySegment v3 = v.asSlice(vOffset + 3 * rowStride, CHUNK_BYTES);
    MemorySegment v4 = v.asSlice(vOffset + 4 * rowStride, CHUNK_BYTES);
    MemorySegment panel = u.asSlice(uOffset, CHUNK_PANEL_BYTES);
    MemorySegment ahead = AHEAD == 0 ? panel : u.asSlice(aheadOffset, CHUNK * AHEAD);
    int read = 0;
    // Without a limit that it knows, C2 makes four loops of this one.
    int steps = Math.min(CHUNK, depth);
    for (int k = 0; k < steps; k++) {
      long at = (long) k * Float.BYTES;
      long row = Species.panelRow(k);
      if (AHEAD > 0) {
        read |= ahead.get(JAVA_INT, k * AHEAD);
      }
      FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, panel, row, ORDER);
      FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, panel, row + BYTES, ORDER);
      FloatVector u2 = FloatVector.fromMemorySegment(FLOAT, panel, row + 2 * BYTES, ORDER);
      FloatVector u3 = FloatVector.fromMemorySegment(FLOAT, panel, row + 3 * BYTES, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, v0.get(JAVA_FLOAT, at));
      s00 = x.fma(u0, s00);
      s01 = x.fma(u1, s01);
      s02 = x.fma(u2, s02);
      s03 = x.fma(u3, s03);
      x = FloatVector.broadcast(FLOAT, v1.get(JAVA_FLOAT, at));
      s10 = x.fma(u0, s10);
      s11 = x.fma(u1, s11);
      s12 = x.fma(u2, s12);
      s13 = x.fma(u3, s13);
      x = FloatVector.broadcast(FLOAT, v2.get(JAVA_FLOAT, at));
      s20 = x.fma(u0, s20);
      s21 = x.fma(u1, s21);
      s22 = x.fma(u2, s22);
      s23 = x.fma(u3, s23);
      x = FloatVector.broadcast(FLOAT, v3.get(JAVA_FLOAT, at));
      s30 = x.fma(u0, s30);
      s31 = x.fma(u1, s31);
      s32 = x.fma(u2, s32);
      s33 = x.fma(u3, s33);
      x = FloatVector.broadcast(FLOAT, v4.get(JAVA_FLOAT, at));
      s40 = x.fma(u0, s40);
      s41 = x.fma(u1, s41);
      s42 = x.fma(u2, s42);
      s43 = x.fma(u3, s43);
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s01.intoMemorySegment(m, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(m, mOffset + 2 * BYTES, ORDER);
    s03.intoMemorySegment(m, mOffset + 3 * BYTES, ORDER);
    s10.intoMemorySegment(m, mOffset + PANEL_BYTES, ORDER);
    s11.intoMemorySegment(m, mOffset + PANEL_BYTES + BYTES, ORDER);
    s12.intoMemorySegment(m, mOffset + PANEL_BYTES + 2 * BYTES, ORDER);
    s13.intoMemorySegment(m, mOffset + PANEL_BYTES + 3 * BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES, ORDER);
    s21.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + BYTES, ORDER);
    s22.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + 2 * BYTES, ORDER);
    s23.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + 3 * BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES, ORDER);
    s31.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + BYTES, ORDER);
    s32.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + 2 * BYTES, ORDER);
    s33.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + 3 * BYTES, ORDER);
    s40.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES, ORDER);
    s41.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + BYTES, ORDER);
    s42.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + 2 * BYTES, ORDER);
    s43.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + 3 * BYTES, ORDER);
    return read;
  }

  /**
   * What a sum begins with. Of a length that the first compiler, C1, does not inline: with these
   * twenty accesses in {@link #multiply} it gives up on that, and C2 may then never compile it. The
   * zero is given: made here twenty times it would bring C2 to its limit of nodes.
   */
  private static FloatVector sum(
      MemorySegment m, long offset, int row, int vector, boolean more, FloatVector zero) {
    if (!more) {
      return zero;
    }
    long at = offset + row * PANEL_BYTES + vector * BYTES;
    return FloatVector.fromMemorySegment(FLOAT, m, at, ORDER);
  }
}
