package dev.rpn.kernel;

import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Whether an implementation is fit to be chosen by itself: the virtual machine must compile
 * vectors, and a small head must come out bit for bit as the plain kernels compute it.
 *
 * <p>The speed is asked of the virtual machine, not measured: in the first second of a process all
 * kernels are interpreted, and a measurement would cost more time than it saves.
 */
final class KernelCheck {
  /** Odd sides, channels that fill no vector; few, because it runs interpreted. */
  private static final MapShape SHAPE = new MapShape(1, 3, 3, 5);

  private static final int ANCHORS = 1;

  private KernelCheck() {}

  /** Why the candidate must not be used; empty where it may. */
  static Optional<String> objection(KernelProvider candidate, KernelProvider plain) {
    boolean vectors = candidate.vectorBits() > Float.SIZE;
    Optional<String> slow =
        vectors ? VirtualMachine.objectionToVectors() : Optional.<String>empty();
    return slow.isPresent() ? slow : difference(candidate, plain);
  }

  private static Optional<String> difference(KernelProvider candidate, KernelProvider plain) {
    Network network =
        Network.initialized(Architecture.of(new RpnHead(SHAPE.channels(), ANCHORS)), 1);
    HeadWeights weights = HeadWeights.of(network.architecture().head(), network.weights());
    // Shared, as all memory of the kernels. If most accesses so far were to confined memory, C2
    // checks the owner's thread ahead of every loop, and throws the code away each time that there
    // is none.
    try (Arena arena = Arena.ofShared()) {
      MemorySegment input = Segments.allocate(arena, SHAPE.elements());
      var random = new SplittableRandom(1);
      for (int i = 0; i < SHAPE.elements(); i++) {
        input.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
      MemorySegment actual = run(arena, candidate.inference().head(weights, Algorithm.F2), input);
      MemorySegment expected = run(arena, plain.inference().head(weights, Algorithm.F2), input);
      long different = actual.mismatch(expected) / Float.BYTES;
      return actual.mismatch(expected) < 0
          ? Optional.empty()
          : Optional.of(
              "value "
                  + different
                  + " of a small head is "
                  + actual.getAtIndex(ValueLayout.JAVA_FLOAT, different)
                  + ", the plain kernels compute "
                  + expected.getAtIndex(ValueLayout.JAVA_FLOAT, different));
    } catch (LinkageError | RuntimeException broken) {
      return Optional.of("a small head ends in " + broken);
    }
  }

  private static MemorySegment run(Arena arena, StageKernel head, MemorySegment input) {
    MemorySegment packed = arena.allocate(head.packedBytes(), Segments.ALIGNMENT);
    MemorySegment scratch = arena.allocate(head.scratchBytes(SHAPE), Segments.ALIGNMENT);
    MemorySegment output = Segments.allocate(arena, head.output(SHAPE).elements());
    head.pack(packed, 0, 1);
    int blocks = head.blocks(SHAPE, 1);
    for (int block = 0; block < blocks; block++) {
      head.run(SHAPE, input, output, packed, scratch, block, blocks);
    }
    return output;
  }
}
