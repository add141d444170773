package dev.rpn.simd;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * Fetches memory into the second-level cache by reading it: the far filters of a group before
 * {@link ProductKernel} meets them, or the beginnings of what {@link FetchingProduct} is about to
 * fetch.
 *
 * <p>For a group a plain sweep is the fastest way: the processor sees a stream and runs ahead of
 * it. Fetched by {@link ProductKernel} as it needs it, a line costs three times as long, because it
 * comes back for the next one too late for that; and Java has no instruction that fetches and does
 * not wait.
 *
 * <p>It reads plain values: it may be compiled before it has run often, and vectors would then be
 * objects.
 */
final class Prefetch {
  private static final long LINE = 64;

  /** The processor runs ahead of a stream up to where a page of this size ends. */
  private static final long PAGE = 4096;

  /** Four lines: independent reads, of which the processor has many on their way. */
  private static final long TURN = 4 * LINE;

  private Prefetch() {}

  /**
   * Reads every cache line of a range, but for the last few where they are no whole turn.
   *
   * @return of no meaning, but to be kept, or the compiler leaves the reads out
   */
  static int run(MemorySegment memory, long offset, long bytes) {
    int read = 0;
    int turns = (int) (bytes / TURN);
    for (int turn = 0; turn < turns; turn++) {
      long at = offset + turn * TURN;
      read |=
          memory.get(JAVA_INT, at)
              | memory.get(JAVA_INT, at + LINE)
              | memory.get(JAVA_INT, at + 2 * LINE)
              | memory.get(JAVA_INT, at + 3 * LINE);
    }
    return read;
  }

  /**
   * Reads the first two lines of every page that begins in a range, all at once. Who reads the
   * pages one by one later need not wait at each for its beginning.
   *
   * @return as of {@link #run}
   */
  static int pages(MemorySegment memory, long offset, long bytes) {
    int read = 0;
    long first = -(memory.address() + offset) & (PAGE - 1);
    for (long at = offset + first; at < offset + bytes; at += PAGE) {
      read |= memory.get(JAVA_INT, at) | memory.get(JAVA_INT, at + LINE);
    }
    return read;
  }
}
