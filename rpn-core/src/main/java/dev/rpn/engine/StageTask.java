package dev.rpn.engine;

import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.NullUnmarked;

/** One stage's blocks as the workers share them; one object for all calls, its fields set anew. */
@NullUnmarked
final class StageTask implements Workers.Task {
  private final MemorySegment[] scratch;
  StageKernel kernel;
  MapShape shape;
  MemorySegment input;
  MemorySegment output;
  MemorySegment packed;
  int blocks;

  StageTask(MemorySegment[] scratch) {
    this.scratch = scratch;
  }

  @Override
  public void run(int block, int worker) {
    kernel.run(shape, input, output, packed, scratch[worker], block, blocks);
  }
}
