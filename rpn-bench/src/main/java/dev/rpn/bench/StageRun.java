package dev.rpn.bench;

import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One stage on one thread, without an engine around it. */
final class StageRun {
  private final StageKernel kernel;
  private final MapShape shape;
  private final MemorySegment input;
  private final MemorySegment output;
  private final MemorySegment packed;
  private final MemorySegment scratch;
  private final int blocks;

  StageRun(Arena arena, StageKernel kernel, MapShape shape) {
    this.kernel = kernel;
    this.shape = shape;
    input = RandomValues.normal(arena, shape.elements(), 1);
    output = arena.allocate(kernel.output(shape).bytes(), Segments.ALIGNMENT);
    packed = arena.allocate(kernel.packedBytes(), Segments.ALIGNMENT);
    scratch = arena.allocate(kernel.scratchBytes(shape), Segments.ALIGNMENT);
    kernel.pack(packed, 0, 1);
    blocks = kernel.blocks(shape, 1);
  }

  /** Computes the whole result. */
  MemorySegment run() {
    for (int block = 0; block < blocks; block++) {
      kernel.run(shape, input, output, packed, scratch, block, blocks);
    }
    return output;
  }
}
