package dev.rpn.engine;

/**
 * The memory that an engine takes, known before it takes any. A helper thread itself, its stack
 * above all, is not in it: about 0.1 MB each.
 *
 * @param weightBytes packed weights, off-heap
 * @param mapBytes maps between the stages and the outputs, off-heap
 * @param scratchBytes scratch of all threads, off-heap
 * @param heapBytes arrays of the proposal stage, on the heap; small objects are not counted
 */
public record Footprint(long weightBytes, long mapBytes, long scratchBytes, long heapBytes) {
  /** All that is allocated outside the heap. */
  public long offHeapBytes() {
    return weightBytes + mapBytes + scratchBytes;
  }

  /** The same with other heap bytes. */
  Footprint withHeapBytes(long bytes) {
    return new Footprint(weightBytes, mapBytes, scratchBytes, bytes);
  }
}
