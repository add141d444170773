package dev.rpn.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Checks and allocations of float32 segments that every user of the contract shares. */
public final class Segments {
  /** Alignment of every block that kernels read or write: one cache line. */
  public static final long ALIGNMENT = 64;

  private Segments() {}

  /**
   * Requires a native segment of exactly {@code values} float32.
   *
   * @throws IllegalArgumentException naming the segment, with the expected and the actual size
   */
  public static void check(String name, MemorySegment segment, long values) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(name + ": expected native memory, got a heap segment");
    }
    if (segment.byteSize() != values * Float.BYTES) {
      throw new IllegalArgumentException(
          name
              + ": expected "
              + values * Float.BYTES
              + " bytes ("
              + values
              + " values), got "
              + segment.byteSize());
    }
  }

  /** Room for so many float32, aligned, zeroed. */
  public static MemorySegment allocate(Arena arena, long values) {
    return arena.allocate(values * Float.BYTES, ALIGNMENT);
  }

  /** The next multiple of {@link #ALIGNMENT}. */
  public static long align(long bytes) {
    return Math.addExact(bytes, ALIGNMENT - 1) & -ALIGNMENT;
  }
}
