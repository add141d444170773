package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * One task of a pass and the number of blocks that it is shared out in; made once, so that running
 * it allocates nothing.
 */
record Step(Workers.Task task, int blocks) {
  /** Nothing to do. */
  static final Step NONE = new Step((block, worker) -> {}, 0);

  /** One stage on fixed memory. */
  static Step stage(
      StageKernel kernel,
      MapShape shape,
      MemorySegment input,
      MemorySegment output,
      MemorySegment packed,
      MemorySegment[] scratch) {
    int blocks = kernel.blocks(shape, scratch.length);
    return new Step(
        (block, worker) -> kernel.run(shape, input, output, packed, scratch[worker], block, blocks),
        blocks);
  }

  /** Packs a stage's weights anew. */
  static Step pack(StageKernel kernel, MemorySegment packed, int parts) {
    return new Step((part, worker) -> kernel.pack(packed, part, parts), parts);
  }

  /**
   * This and another that needs nothing of it, at the same time: threads that find no more of this
   * begin with the other.
   */
  Step with(Step other) {
    return new Step(
        (block, worker) -> {
          if (block < blocks) {
            task.run(block, worker);
          } else {
            other.task.run(block - blocks, worker);
          }
        },
        blocks + other.blocks);
  }

  void run(Workers workers) {
    workers.run(task, blocks);
  }

  static void runAll(Step[] steps, Workers workers) {
    for (Step step : steps) {
      step.run(workers);
    }
  }
}
