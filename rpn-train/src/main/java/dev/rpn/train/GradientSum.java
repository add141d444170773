package dev.rpn.train;

import dev.rpn.engine.Workers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The gradients of several batches, added up in the order of the batches. */
final class GradientSum {
  private final MemorySegment gradients;
  private final MemorySegment sums;
  private final Step keep;
  private final Step finish;

  /**
   * @param gradients where each batch's appear, and in the end the sum
   * @param sums as large a block, for those before
   */
  GradientSum(MemorySegment gradients, MemorySegment sums, int parts) {
    this.gradients = gradients;
    this.sums = sums;
    keep = new Step((part, worker) -> add(gradients, sums, part, parts), parts);
    finish = new Step((part, worker) -> add(sums, gradients, part, parts), parts);
  }

  /** Adds one share of a block to another. */
  static void add(MemorySegment from, MemorySegment to, int part, int parts) {
    long values = to.byteSize() / Float.BYTES;
    long first = values * part / parts;
    int count = (int) (values * (part + 1) / parts - first);
    long base = first * Float.BYTES;
    for (int i = 0; i < count; i++) {
      float sum =
          to.get(ValueLayout.JAVA_FLOAT, base + 4L * i)
              + from.get(ValueLayout.JAVA_FLOAT, base + 4L * i);
      to.set(ValueLayout.JAVA_FLOAT, base + 4L * i, sum);
    }
  }

  /** Adds a batch's gradients to those kept; the first replaces what an earlier step left. */
  void keep(boolean first, Workers workers) {
    if (first) {
      sums.copyFrom(gradients);
    } else {
      keep.run(workers);
    }
  }

  /** Adds what was kept to the last batch's gradients. */
  void finish(Workers workers) {
    finish.run(workers);
  }
}
