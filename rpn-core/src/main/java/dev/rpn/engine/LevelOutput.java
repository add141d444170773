package dev.rpn.engine;

import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/** What a level's last call left, and what its shape means for every stage. */
@NullUnmarked
final class LevelOutput {
  final MemorySegment output;
  private final int anchors;

  /** The shape of the last call; null before the first. */
  MapShape shape;

  /** The shape that each stage reads. */
  MapShape[] inputs;

  /** The number of blocks of each stage. */
  int[] blocks;

  MemorySegment logits;
  MemorySegment deltas;

  LevelOutput(MemorySegment output, int anchors) {
    this.output = output;
    this.anchors = anchors;
  }

  void reshape(MapShape newShape, List<StageKernel> stages, int threads) {
    inputs = new MapShape[stages.size()];
    blocks = new int[stages.size()];
    MapShape next = newShape;
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = next;
      blocks[i] = stages.get(i).blocks(next, threads);
      next = stages.get(i).output(next);
    }
    long logitBytes = 4L * next.positions() * anchors;
    logits = output.asSlice(0, logitBytes).asReadOnly();
    deltas = output.asSlice(logitBytes, 4 * logitBytes).asReadOnly();
    shape = newShape;
  }
}
