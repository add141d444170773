package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.kernel.TrainingKernels.AdamStep;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer.Adam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A network that learns: forward with every map kept, backward, update. One block of native memory
 * holds all of it, so that a step allocates nothing.
 */
final class TrainingNetwork implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Workers workers;
  private final Footprint footprint;
  private final Parameters parameters;
  private final Map<Integer, Pass> passes = new HashMap<>();
  private final Step[] packing;
  private final FiniteCheck check;
  private final Step adam;
  private @Nullable AdamStep scalars;
  private boolean closed;

  /**
   * @param start starting weights; copied
   * @param input shape of the largest batch
   * @param batches the sizes of batches that will come
   * @throws IllegalArgumentException if the channels do not fit or there is not enough native
   *     memory
   */
  TrainingNetwork(
      Network start,
      MapShape input,
      Set<Integer> batches,
      TrainingKernels kernels,
      Workers workers) {
    this.workers = workers;
    Architecture architecture = start.architecture();
    int channels = Stages.inputChannels(architecture);
    if (input.channels() != channels) {
      throw new IllegalArgumentException(
          "input: channels: expected " + channels + ", got " + input.channels());
    }
    int threads = workers.threads();
    Stages sizes = new Stages(architecture, name -> start.weights().get(name).data(), kernels);
    footprint = Footprint.of(architecture, sizes, input, batches, threads);
    SegmentAllocator memory = SegmentAllocator.slicingAllocator(allocate(arena, footprint));
    parameters = new Parameters(architecture, memory);
    Stages stages = new Stages(architecture, parameters::weight, kernels);
    Maps maps = new Maps(stages, input, memory);
    stages.allocatePacked(memory);
    var scratch = new MemorySegment[threads];
    for (int i = 0; i < threads; i++) {
      scratch[i] = memory.allocate(footprint.scratch() / threads, Segments.ALIGNMENT);
    }
    for (int batch : batches) {
      passes.put(batch, new Pass(stages, parameters, maps, Pass.withBatch(input, batch), scratch));
    }
    packing = stages.packing(threads).toArray(Step[]::new);
    check = new FiniteCheck(parameters, threads);
    adam =
        new Step(
            (part, worker) ->
                kernels.adam(
                    Objects.requireNonNull(scalars),
                    parameters.weights(),
                    parameters.gradients(),
                    parameters.means(),
                    parameters.squares(),
                    parameters.layout().values(),
                    part,
                    threads),
            threads);
    parameters.load(start.weights());
    pack();
  }

  private static MemorySegment allocate(Arena arena, Footprint footprint) {
    try {
      return arena.allocate(footprint.total(), Segments.ALIGNMENT);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "training needs %,d bytes of native memory (parameters %,d, maps %,d, packed weights"
                  + " %,d, scratch %,d) and there is less: take a smaller batch or smaller pictures,"
                  + " or raise -XX:MaxDirectMemorySize",
              footprint.total(),
              footprint.parameters(),
              footprint.maps(),
              footprint.packed(),
              footprint.scratch()),
          e);
    }
  }

  /** Bytes of native memory in use. */
  Footprint footprint() {
    return footprint;
  }

  Parameters parameters() {
    return parameters;
  }

  /** Forward and backward for a batch of so many. */
  Pass pass(int batch) {
    return Objects.requireNonNull(passes.get(batch), "batch");
  }

  void forward(Pass pass) {
    pass.forward(workers);
  }

  /**
   * Backward and one update, from the gradients at the heads' outputs.
   *
   * @param loss the total before the update
   * @param t updates, this one included
   * @param checkpoint for the message
   * @throws TrainingDivergedException if the loss, a gradient or a weight is not finite; nothing
   *     but the gradients was changed then
   */
  void learn(Pass pass, double loss, Adam optimizer, long t, @Nullable String checkpoint) {
    AdamStep step = AdamSchedule.at(optimizer, t);
    if (!Double.isFinite(loss)) {
      FiniteCheck.Finding cause = check.findCause(pass);
      throw diverged(
          t,
          cause != null ? cause : new FiniteCheck.Finding("loss", String.valueOf(loss)),
          checkpoint);
    }
    pass.backward(workers);
    FiniteCheck.Finding found = check.find(workers);
    if (found != null) {
      throw diverged(t, found, checkpoint);
    }
    scalars = step;
    adam.run(workers);
    pack();
  }

  private static TrainingDivergedException diverged(
      long step, FiniteCheck.Finding found, @Nullable String checkpoint) {
    return new TrainingDivergedException(step, found.tensor(), found.value(), checkpoint);
  }

  /** To be called after the weights were changed from outside. */
  void pack() {
    Step.runAll(packing, workers);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
