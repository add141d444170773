package dev.rpn.train;

import dev.rpn.kernel.Segments;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The maps of a forward pass, all kept, and the gradients of a backward pass: two buffers that take
 * turns. Sized for the largest batch; smaller ones use the beginning of each.
 */
final class Maps {
  /** The input, then every layer's result, the hidden map last. */
  private final MemorySegment[] activations;

  private final MemorySegment outputs;
  private final MemorySegment outputGradients;
  private final MemorySegment[] gradients = new MemorySegment[2];

  /**
   * @param given the memory of the input where another has it
   */
  Maps(Stages stages, MapShape input, @Nullable MemorySegment given, SegmentAllocator memory) {
    MapShape[] shapes = stages.shapes(input);
    activations = new MemorySegment[shapes.length];
    activations[0] = given != null ? given : allocate(memory, input.bytes());
    for (int i = 1; i < shapes.length; i++) {
      activations[i] = allocate(memory, shapes[i].bytes());
    }
    MapShape head = heads(stages, shapes);
    outputs = allocate(memory, head.bytes());
    outputGradients = allocate(memory, head.bytes());
    for (int i = 0; i < gradients.length; i++) {
      gradients[i] = allocate(memory, gradientBytes(shapes));
    }
  }

  private static MemorySegment allocate(SegmentAllocator memory, long bytes) {
    return memory.allocate(Segments.align(bytes), Segments.ALIGNMENT);
  }

  /**
   * @param own whether the input is among them
   */
  static long bytes(Stages stages, MapShape input, boolean own) {
    MapShape[] shapes = stages.shapes(input);
    long bytes = 2 * Segments.align(heads(stages, shapes).bytes());
    for (int i = own ? 0 : 1; i < shapes.length; i++) {
      bytes = Math.addExact(bytes, Segments.align(shapes[i].bytes()));
    }
    return Math.addExact(bytes, 2 * Segments.align(gradientBytes(shapes)));
  }

  private static MapShape heads(Stages stages, MapShape[] shapes) {
    return shapes[shapes.length - 1].withChannels(stages.head().outputs());
  }

  private static long gradientBytes(MapShape[] shapes) {
    long most = 0;
    for (int i = 1; i < shapes.length; i++) {
      most = Math.max(most, shapes[i].bytes());
    }
    return most;
  }

  /** The input (0) or the result of a layer (its index + 1). */
  MemorySegment activation(int index, MapShape shape) {
    return activations[index].asSlice(0, shape.bytes());
  }

  /** Two planes, see {@link dev.rpn.kernel.InferenceKernels#head}. */
  MemorySegment outputs(MapShape shape) {
    return outputs.asSlice(0, shape.bytes());
  }

  MemorySegment outputGradients(MapShape shape) {
    return outputGradients.asSlice(0, shape.bytes());
  }

  /** One of the two buffers. */
  MemorySegment gradient(int turn, MapShape shape) {
    return gradients[turn].asSlice(0, shape.bytes());
  }
}
