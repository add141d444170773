package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.INT;
import static dev.rpn.simd.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;

/**
 * Fetches memory into the second-level cache by reading it.
 *
 * <p>A plain sweep is the fastest way there: the processor sees a stream and runs ahead of it.
 * Fetched by the products as they need it, a line costs three times as long, because they come back
 * for the next one too late for that; and Java has no instruction that fetches and does not wait.
 */
final class Prefetch {
  private static final long LINE = Math.max(64, BYTES);

  /** Four lines: independent reads, of which the processor has many on their way. */
  private static final long TURN = 4 * LINE;

  private Prefetch() {}

  /**
   * Reads every cache line of a range, but for the last few where they are no whole turn.
   *
   * @param scratch one vector at {@code anywhere} is overwritten, so that the compiler can't leave
   *     the reads out
   */
  static void run(
      MemorySegment memory, long offset, long bytes, MemorySegment scratch, long anywhere) {
    IntVector a = IntVector.zero(INT);
    IntVector b = a;
    IntVector c = a;
    IntVector d = a;
    int turns = (int) (bytes / TURN);
    for (int turn = 0; turn < turns; turn++) {
      long at = offset + turn * TURN;
      a = a.or(IntVector.fromMemorySegment(INT, memory, at, ORDER));
      b = b.or(IntVector.fromMemorySegment(INT, memory, at + LINE, ORDER));
      c = c.or(IntVector.fromMemorySegment(INT, memory, at + 2 * LINE, ORDER));
      d = d.or(IntVector.fromMemorySegment(INT, memory, at + 3 * LINE, ORDER));
    }
    a.or(b).or(c.or(d)).intoMemorySegment(scratch, anywhere, ORDER);
  }
}
