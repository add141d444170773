package dev.rpn.train;

import dev.rpn.kernel.Segments;
import dev.rpn.model.Architecture;
import dev.rpn.model.Network;
import dev.rpn.model.Tensor;
import dev.rpn.model.TensorSpec;
import dev.rpn.model.Weights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What learning changes: weights, their gradients and Adam's two moments, where wanted the weights'
 * moving average and a sum of gradients, one flat block each under the same layout.
 */
final class Parameters {
  private final Architecture architecture;
  private final ParameterLayout layout;
  private final MemorySegment weights;
  private final MemorySegment gradients;
  private final MemorySegment means;
  private final MemorySegment squares;
  private final @Nullable MemorySegment averages;
  private final @Nullable MemorySegment sums;

  Parameters(Architecture architecture, TrainingOptions options, SegmentAllocator memory) {
    this.architecture = architecture;
    layout = new ParameterLayout(architecture);
    weights = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
    gradients = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
    means = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
    squares = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
    averages = options.averages() ? memory.allocate(layout.bytes(), Segments.ALIGNMENT) : null;
    sums = options.accumulation() > 1 ? memory.allocate(layout.bytes(), Segments.ALIGNMENT) : null;
  }

  /** Bytes that all blocks take. */
  static long bytes(Architecture architecture, TrainingOptions options) {
    int blocks = 4 + (options.averages() ? 1 : 0) + (options.accumulation() > 1 ? 1 : 0);
    return Math.multiplyExact(blocks, new ParameterLayout(architecture).bytes());
  }

  ParameterLayout layout() {
    return layout;
  }

  MemorySegment weights() {
    return weights;
  }

  MemorySegment gradients() {
    return gradients;
  }

  /** Adam's m, or the velocity of gradient descent. */
  MemorySegment means() {
    return means;
  }

  /** Adam's v. */
  MemorySegment squares() {
    return squares;
  }

  /** The moving average of the weights; null where there is none. */
  @Nullable MemorySegment averages() {
    return averages;
  }

  /** The gradients of a step's earlier batches; null where every step is one batch. */
  @Nullable MemorySegment sums() {
    return sums;
  }

  /** The blocks that the next step depends on: what a checkpoint holds. */
  List<MemorySegment> state() {
    var blocks = new ArrayList<>(List.of(weights, means, squares));
    if (averages != null) {
      blocks.add(averages);
    }
    return blocks;
  }

  MemorySegment weight(String name) {
    return layout.slice(weights, name);
  }

  MemorySegment gradient(String name) {
    return layout.slice(gradients, name);
  }

  /** Copies a network's weights into the block, and into the average. */
  void load(Weights from) {
    for (TensorSpec spec : layout.specs()) {
      layout.slice(weights, spec).copyFrom(from.get(spec.name()).data());
    }
    if (averages != null) {
      averages.copyFrom(weights);
    }
  }

  /** A network with a copy of the present weights, or of their average where there is one. */
  Network network() {
    var tensors = new LinkedHashMap<String, Tensor>();
    for (TensorSpec spec : layout.specs()) {
      Tensor tensor = Tensor.zeros(spec.sides());
      tensor.data().copyFrom(layout.slice(averages != null ? averages : weights, spec));
      tensors.put(spec.name(), tensor);
    }
    return new Network(architecture, Weights.of(architecture, tensors));
  }
}
