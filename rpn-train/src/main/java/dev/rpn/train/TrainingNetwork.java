package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer;
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
  private final Update update;
  private final GradientNorm norm;
  private final float clipNorm;
  private final @Nullable GradientSum sum;
  private final @Nullable WeightAverage average;

  private boolean closed;

  /**
   * @param start starting weights; copied
   * @param options their schedule and flips are others' business
   * @param input shape of the largest batch
   * @param given the memory of the input, read at every step; null where the network is to have its
   *     own
   * @param batches the sizes of batches that will come
   * @throws IllegalArgumentException if the channels do not fit or there is not enough native
   *     memory
   */
  TrainingNetwork(
      Network start,
      TrainingOptions options,
      MapShape input,
      @Nullable MemorySegment given,
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
    boolean frozen = options.freezeBackbone();
    Stages sizes =
        new Stages(architecture, frozen, name -> start.weights().get(name).data(), kernels);
    footprint = Footprint.of(architecture, options, sizes, input, given == null, batches, threads);
    SegmentAllocator memory = SegmentAllocator.slicingAllocator(allocate(arena, footprint));
    parameters = new Parameters(architecture, options, memory);
    var groups = new GradientGroups(parameters, input.batch(), memory);
    Stages stages = new Stages(architecture, frozen, parameters::weight, kernels);
    Maps maps = new Maps(stages, input, given, memory);
    stages.allocatePacked(memory);
    var scratch = new MemorySegment[threads];
    for (int i = 0; i < threads; i++) {
      scratch[i] = memory.allocate(footprint.scratch() / threads, Segments.ALIGNMENT);
    }
    for (int batch : batches) {
      passes.put(
          batch, new Pass(stages, parameters, groups, maps, Pass.withBatch(input, batch), scratch));
    }
    packing = stages.packing(threads).toArray(Step[]::new);
    check = new FiniteCheck(parameters, threads);
    // The head's tensors are the last.
    String firstOfHead = architecture.head().convolution().name() + "/kernel";
    update =
        new Update(
            parameters, frozen ? parameters.layout().offset(firstOfHead) : 0, kernels, threads);
    norm = new GradientNorm(parameters.gradients());
    clipNorm = options.clipNorm();
    MemorySegment sums = parameters.sums();
    sum = sums == null ? null : new GradientSum(parameters.gradients(), sums, threads);
    MemorySegment averages = parameters.averages();
    average =
        averages == null
            ? null
            : new WeightAverage(options.averaging(), parameters.weights(), averages, threads);
    parameters.load(start.weights());
    weightsChanged();
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
   * Backward, from the gradients at the heads' outputs.
   *
   * @param loss the total of the step so far
   * @param t updates, the coming one included
   * @param checkpoint for the message
   * @throws TrainingDivergedException if the loss is not finite; weights and moments stay
   */
  void backward(Pass pass, double loss, long t, @Nullable String checkpoint) {
    if (!Double.isFinite(loss)) {
      FiniteCheck.Finding cause = check.findCause(pass);
      throw diverged(
          t,
          cause != null ? cause : new FiniteCheck.Finding("loss", String.valueOf(loss)),
          checkpoint);
    }
    pass.backward(workers);
  }

  /**
   * Keeps the gradients of the last {@link #backward} while the next is computed.
   *
   * @param first whether what was kept before is of an earlier update
   */
  void keepGradients(boolean first) {
    Objects.requireNonNull(sum, "sum").keep(first, workers);
  }

  /** Adds what was kept to the gradients of the last {@link #backward}. */
  void addKeptGradients() {
    Objects.requireNonNull(sum, "sum").finish(workers);
  }

  /**
   * One update with the gradients of the last {@link #backward}.
   *
   * @param t updates, this one included
   * @param checkpoint for the message
   * @throws TrainingDivergedException if a gradient or a weight is not finite; weights and moments
   *     stay
   * @throws IllegalArgumentException if a number of the optimiser is beyond all reason
   */
  void update(Optimizer optimizer, long t, @Nullable String checkpoint) {
    update.prepare(optimizer, t);
    FiniteCheck.Finding found = check.find(workers);
    if (found != null) {
      throw diverged(t, found, checkpoint);
    }
    if (clipNorm > 0) {
      norm.clip(clipNorm, workers);
    }
    update.run(workers);
    check.updated(update);
    if (average != null) {
      average.update(t, workers);
    }
    Step.runAll(packing, workers);
  }

  private static TrainingDivergedException diverged(
      long step, FiniteCheck.Finding found, @Nullable String checkpoint) {
    return new TrainingDivergedException(step, found.tensor(), found.value(), checkpoint);
  }

  /** To be called after the weights were changed from outside. */
  void weightsChanged() {
    check.weightsChanged();
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
