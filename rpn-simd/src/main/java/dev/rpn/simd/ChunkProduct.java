package dev.rpn.simd;

import java.lang.foreign.MemorySegment;

/**
 * The products of one chunk of input channels with the wide tile, five rows of four vectors, for
 * filters that are far: the chunk's filters stay in the first-level cache from row to row, and what
 * the next chunk needs is fetched meanwhile.
 *
 * <p>The three there are, each a copy of {@link FetchingProduct}: C2 compiles each for itself, so
 * that none has a branch in its loop for what another does (docs/adr/0014-a-copy-for-each-pace.md).
 */
interface ChunkProduct {
  /** Bytes between two reads of {@link #SLOW}: many rows have the time for it. */
  long SLOW_AHEAD = 8;

  /** Bytes between two reads of {@link #FAST}: few rows fetch what they can. */
  long FAST_AHEAD = 32;

  /** Fetches nothing. */
  ChunkProduct PLAIN = FetchingProduct.every(0);

  /** One line every eighth step. */
  ChunkProduct SLOW = FetchingProduct.every(SLOW_AHEAD);

  /** One line every second step. */
  ChunkProduct FAST = FetchingProduct.every(FAST_AHEAD);

  /**
   * {@code m[r][c] = sum over k of v[r][k] * u[k][c]}, or {@code +=}; also reads one value of each
   * of {@code depth} places ahead.
   *
   * @param v five rows of {@code depth} values, {@code rowStride} bytes apart; the segment has
   *     {@link ProductKernel#CHUNK_BYTES} behind the last
   * @param u {@code depth} rows of one panel, one after the other; the segment has {@link
   *     ProductKernel#CHUNK_PANEL_BYTES} behind the last
   * @param depth how many products a sum gets, at most {@link ProductKernel#CHUNK}
   * @param m five rows of one panel, one after the other; written
   * @param more whether the sums go on from those in {@code m}; else from 0
   * @param aheadOffset what is read, of {@code u}, where anything is; the segment has {@link
   *     ProductKernel#CHUNK} times the bytes between two reads behind it
   * @return of no meaning, but to be kept, or the compiler leaves the reads out
   */
  int multiply(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset,
      boolean more,
      long aheadOffset);
}
