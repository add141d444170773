package dev.rpn.train;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Size;
import dev.rpn.engine.Workers;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.Optimizer;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One update from one or more batches of pictures: input, targets, losses, gradients, the
 * optimiser.
 */
final class PictureStep implements AutoCloseable {
  private final Workers workers;
  private final TrainingNetwork network;

  /** One for each batch of an update, because the scale of a loss depends on all of them. */
  private final SampledObjective[] objectives;

  private final int most;
  private final Workers.Task buildTargets;
  private final Workers.Task writeInput;
  private final int[] indices;
  private final boolean[] mirrored;
  private final MemorySegment[] inputs;
  private final long nativeBytes;
  private final long seed;
  private final boolean flips;
  private long step;
  private int begin;
  private double classificationLoss;
  private double locationLoss;

  /**
   * @throws IllegalArgumentException if the model has no backbone, its profile does not sample
   *     anchors, or there is not enough native memory
   */
  PictureStep(
      ProposalModel model,
      PictureSet pictures,
      TrainingRecipe recipe,
      KernelProvider kernels,
      Workers workers) {
    this.workers = workers;
    seed = recipe.seed();
    flips = recipe.options().flips();
    Preprocessing preprocessing = model.preprocessing();
    most = Math.min(recipe.batch(), pictures.size());
    MapShape shape =
        new MapShape(
            most, preprocessing.height(), preprocessing.width(), Backbone.PICTURE_CHANNELS);
    Size size = new Size(shape.height(), shape.width());
    float[] anchors = anchors(model, shape).toArray();
    indices = new int[recipe.picturesPerUpdate(pictures.size())];
    mirrored = new boolean[indices.length];
    objectives = new SampledObjective[Math.ceilDiv(indices.length, most)];
    for (int i = 0; i < objectives.length; i++) {
      objectives[i] = new SampledObjective(model.profile(), anchors, most);
    }
    int rest = pictures.size() % most;
    network =
        new TrainingNetwork(
            model.network(),
            recipe.options(),
            shape,
            null,
            rest == 0 ? Set.of(most) : Set.of(most, rest),
            kernels.training(),
            workers);
    nativeBytes =
        network.footprint().total()
            + objectives.length * SampledObjective.bytes(anchors.length / 4, most);
    // Smaller batches use the beginning of the same memory.
    inputs = new MemorySegment[most];
    MemorySegment input = network.pass(most).input();
    long bytes = input.byteSize() / most;
    var builders = new TargetBuilder[workers.threads()];
    for (int i = 0; i < most; i++) {
      inputs[i] = input.asSlice(i * bytes, bytes);
    }
    for (int i = 0; i < builders.length; i++) {
      builders[i] = new TargetBuilder(model.profile(), anchors, size);
    }
    buildTargets =
        (image, worker) ->
            builders[worker].build(
                pictures.truths(indices[image], mirrored[image]),
                seed,
                step,
                image,
                objectives[image / most],
                image % most);
    writeInput =
        (image, worker) -> {
          try {
            pictures.write(indices[begin + image], mirrored[begin + image], inputs[image]);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
  }

  /**
   * The anchors of one picture.
   *
   * @param shape of the network's input
   * @throws IllegalArgumentException if the model has no backbone, or impossible anchors
   */
  static Anchors anchors(ProposalModel model, MapShape shape) {
    Backbone backbone =
        model
            .network()
            .architecture()
            .backbone()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "training on pictures expects a model with a backbone, got a head alone"));
    MapShape features = backbone.featureShape(shape);
    Size grid = new Size(features.height(), features.width());
    Size picture = new Size(shape.height(), shape.width());
    return new Anchors(model.anchors(), model.profile(), picture, List.of(grid));
  }

  /**
   * One update.
   *
   * @param order indices of pictures
   * @param first where in them the update's begin
   * @param count how many, in batches as large as they may be
   * @param number of this step, from 1
   * @param checkpoint the last, for messages
   * @throws TrainingDivergedException if it diverged; the weights stay
   * @throws IOException if a picture can't be read
   */
  void run(
      int[] order,
      int first,
      int count,
      Optimizer optimizer,
      long number,
      @Nullable String checkpoint)
      throws IOException {
    step = number;
    for (int i = 0; i < count; i++) {
      indices[i] = order[first + i];
      mirrored[i] = flips && isMirrored(number, i);
    }
    workers.run(buildTargets, count);
    double scale = scale(count);
    classificationLoss = 0;
    locationLoss = 0;
    for (begin = 0; begin < count; begin += most) {
      if (begin > 0) {
        network.keepGradients(begin == most);
      }
      batch(Math.min(most, count - begin), scale, checkpoint);
    }
    if (count > most) {
      network.addKeptGradients();
    }
    network.update(optimizer, number, checkpoint);
  }

  /** Depends on seed, step and place alone, as the sampled anchors do. */
  private boolean isMirrored(long number, int image) {
    long key = CounterRandom.key(CounterRandom.key(seed, number, image), 2, 0);
    return CounterRandom.below(key, 0, 2) == 1;
  }

  private double scale(int count) {
    long sampled = 0;
    for (int i = 0; i * most < count; i++) {
      sampled += objectives[i].sampled(Math.min(most, count - i * most));
    }
    return objectives[0].scale(count, sampled);
  }

  /** Forward and backward of one batch. */
  private void batch(int size, double scale, @Nullable String checkpoint) throws IOException {
    try {
      workers.run(writeInput, size);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Pass pass = network.pass(size);
    network.forward(pass);
    SampledObjective objective = objectives[begin / most];
    objective.accumulate(
        size, scale, pass.logits(), pass.deltas(), pass.logitGradients(), pass.deltaGradients());
    classificationLoss += objective.classificationLoss();
    locationLoss += objective.locationLoss();
    network.backward(pass, loss(), step, checkpoint);
  }

  /** The total loss before the last update. */
  double loss() {
    return classificationLoss + locationLoss;
  }

  double classificationLoss() {
    return classificationLoss;
  }

  double locationLoss() {
    return locationLoss;
  }

  Parameters parameters() {
    return network.parameters();
  }

  /** To be called after the weights were changed from outside. */
  void weightsChanged() {
    network.weightsChanged();
  }

  long nativeBytes() {
    return nativeBytes;
  }

  @Override
  public void close() {
    network.close();
  }
}
