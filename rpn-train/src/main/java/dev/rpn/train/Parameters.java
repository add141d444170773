package dev.rpn.train;

import dev.rpn.kernel.Segments;
import dev.rpn.model.Architecture;
import dev.rpn.model.Network;
import dev.rpn.model.Tensor;
import dev.rpn.model.TensorSpec;
import dev.rpn.model.Weights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.LinkedHashMap;

/**
 * What learning changes: weights, their gradients and Adam's two moments, one flat block each under
 * the same layout.
 */
final class Parameters {
  private final Architecture architecture;
  private final ParameterLayout layout;
  private final MemorySegment weights;
  private final MemorySegment gradients;
  private final MemorySegment means;
  private final MemorySegment squares;

  Parameters(Architecture architecture, SegmentAllocator memory) {
    this.architecture = architecture;
    layout = new ParameterLayout(architecture);
    weights = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
    gradients = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
    means = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
    squares = memory.allocate(layout.bytes(), Segments.ALIGNMENT);
  }

  /** Bytes that the four blocks take. */
  static long bytes(Architecture architecture) {
    return Math.multiplyExact(4, new ParameterLayout(architecture).bytes());
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

  /** Adam's m. */
  MemorySegment means() {
    return means;
  }

  /** Adam's v. */
  MemorySegment squares() {
    return squares;
  }

  MemorySegment weight(String name) {
    return layout.slice(weights, name);
  }

  MemorySegment gradient(String name) {
    return layout.slice(gradients, name);
  }

  /** Copies a network's weights into the block. */
  void load(Weights from) {
    for (TensorSpec spec : layout.specs()) {
      layout.slice(weights, spec).copyFrom(from.get(spec.name()).data());
    }
  }

  /** A network with a copy of the present weights. */
  Network network() {
    var tensors = new LinkedHashMap<String, Tensor>();
    for (TensorSpec spec : layout.specs()) {
      Tensor tensor = Tensor.zeros(spec.sides());
      tensor.data().copyFrom(layout.slice(weights, spec));
      tensors.put(spec.name(), tensor);
    }
    return new Network(architecture, Weights.of(architecture, tensors));
  }
}
