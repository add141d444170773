package dev.rpn.train;

import dev.rpn.kernel.Segments;
import dev.rpn.model.Architecture;
import dev.rpn.model.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where each tensor of an architecture lies in one flat block: in the order of execution, each
 * 64-byte aligned. The values between two tensors are zeros and stay zeros under every update.
 */
final class ParameterLayout {
  private final List<TensorSpec> specs;
  private final Map<String, Long> offsets = new LinkedHashMap<>();
  private final long bytes;

  ParameterLayout(Architecture architecture) {
    specs = architecture.weights();
    long next = 0;
    for (TensorSpec spec : specs) {
      offsets.put(spec.name(), next);
      next = Math.addExact(next, Segments.align(bytes(spec)));
    }
    bytes = next;
  }

  private static long bytes(TensorSpec spec) {
    return Math.multiplyExact(spec.size(), Float.BYTES);
  }

  /** The tensors in their order. */
  List<TensorSpec> specs() {
    return specs;
  }

  /** Size of the block. */
  long bytes() {
    return bytes;
  }

  /** Values of the block, gaps included. */
  long values() {
    return bytes / Float.BYTES;
  }

  /** One tensor's part of a block. */
  MemorySegment slice(MemorySegment block, TensorSpec spec) {
    return block.asSlice(offset(spec.name()), bytes(spec));
  }

  /** One tensor's part of a block. */
  MemorySegment slice(MemorySegment block, String name) {
    for (TensorSpec spec : specs) {
      if (spec.name().equals(name)) {
        return slice(block, spec);
      }
    }
    throw new IllegalArgumentException("no tensor '" + name + "'");
  }

  /** Where a tensor begins in a block, in bytes. */
  long offset(String name) {
    Long offset = offsets.get(name);
    if (offset == null) {
      throw new IllegalArgumentException("no tensor '" + name + "'");
    }
    return offset;
  }
}
