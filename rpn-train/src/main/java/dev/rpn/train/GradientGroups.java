package dev.rpn.train;

import dev.rpn.kernel.Segments;
import dev.rpn.model.Architecture;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * The weight gradients of a batch in groups of pictures, computed apart and then added in order.
 *
 * <p>Two threads with a group each do nothing twice, where two that share out the weights of one
 * sum both prepare all of its maps. The groups depend on the batch alone, so that a sum has the
 * same bits on any number of threads.
 */
final class GradientGroups {
  /** More would take a block of memory each. */
  private static final int MOST = 4;

  private final Parameters parameters;

  /** The blocks of all groups but the first, whose block gets the sum. */
  private final MemorySegment[] others;

  /**
   * @param batch pictures of the largest batch
   */
  GradientGroups(Parameters parameters, int batch, SegmentAllocator memory) {
    this.parameters = parameters;
    others = new MemorySegment[count(batch) - 1];
    for (int i = 0; i < others.length; i++) {
      others[i] = memory.allocate(parameters.layout().bytes(), Segments.ALIGNMENT);
    }
  }

  /** Bytes that the blocks take beside the parameters'. */
  static long bytes(Architecture architecture, int batch) {
    return Math.multiplyExact(count(batch) - 1, new ParameterLayout(architecture).bytes());
  }

  /** Groups of a batch. */
  static int count(int batch) {
    return Math.min(batch, MOST);
  }

  /** The first picture of a group; of group {@link #count}, the end of the last. */
  static int first(int group, int batch) {
    return batch * group / count(batch);
  }

  /** A tensor's gradient in one group. */
  MemorySegment gradient(int group, String name) {
    return parameters.layout().slice(block(group), name);
  }

  private MemorySegment block(int group) {
    return group == 0 ? parameters.gradients() : others[group - 1];
  }

  /**
   * Adds up the groups, into the first.
   *
   * @param first the first tensor that is computed in groups
   * @param end the first behind the last of them
   */
  Step sum(int groups, String first, String end, int parts) {
    long from = parameters.layout().offset(first);
    long bytes = parameters.layout().offset(end) - from;
    var slices = new MemorySegment[groups];
    for (int i = 0; i < groups; i++) {
      slices[i] = block(i).asSlice(from, bytes);
    }
    return new Step(
        (part, worker) -> {
          for (int i = 1; i < slices.length; i++) {
            GradientSum.add(slices[i], slices[0], part, parts);
          }
        },
        parts);
  }
}
