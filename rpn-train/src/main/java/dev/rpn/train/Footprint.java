package dev.rpn.train;

import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import java.util.Set;

/**
 * Native memory that training needs, in bytes, known before any is allocated.
 *
 * @param parameters weights, gradients of every group of pictures, Adam's two moments, the average
 *     and the sum where wanted
 * @param maps what the forward pass keeps, and the gradients on their way back
 * @param packed the weights as the kernels read them
 * @param scratch of all threads
 */
record Footprint(long parameters, long maps, long packed, long scratch) {
  static Footprint of(
      Architecture architecture,
      TrainingOptions options,
      Stages stages,
      MapShape input,
      boolean ownInput,
      Set<Integer> batches,
      int threads) {
    long scratch = 0;
    for (int batch : batches) {
      scratch = Math.max(scratch, stages.scratchBytes(Pass.withBatch(input, batch)));
    }
    return new Footprint(
        Math.addExact(
            Parameters.bytes(architecture, options),
            GradientGroups.bytes(architecture, input.batch())),
        Maps.bytes(stages, input, ownInput),
        stages.packedBytes(),
        Math.multiplyExact(threads, scratch));
  }

  long total() {
    return Math.addExact(Math.addExact(parameters, maps), Math.addExact(packed, scratch));
  }
}
