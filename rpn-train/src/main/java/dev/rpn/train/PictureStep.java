package dev.rpn.train;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Size;
import dev.rpn.engine.Workers;
import dev.rpn.io.picture.Picture;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One update from a batch of pictures: input, targets, losses, gradients, Adam. */
final class PictureStep implements AutoCloseable {
  private final PictureSet pictures;
  private final Workers workers;
  private final TrainingNetwork network;
  private final SampledObjective objective;
  private final Workers.Task prepare;
  private final Picture[] batchPictures;
  private final int[] batchIndices;
  private final MemorySegment[] inputs;
  private final long nativeBytes;
  private long step;

  /**
   * @param batch most pictures of a step
   * @throws IllegalArgumentException if the model has no backbone, its profile does not sample
   *     anchors, or there is not enough native memory
   */
  PictureStep(
      ProposalModel model,
      PictureSet pictures,
      int batch,
      long seed,
      KernelProvider kernels,
      Workers workers) {
    this.pictures = pictures;
    this.workers = workers;
    Preprocessing preprocessing = model.preprocessing();
    int most = Math.min(batch, pictures.size());
    MapShape shape =
        new MapShape(
            most, preprocessing.height(), preprocessing.width(), Backbone.PICTURE_CHANNELS);
    Size size = new Size(shape.height(), shape.width());
    float[] anchors = anchors(model, shape).toArray();
    objective = new SampledObjective(model.profile(), anchors, most);
    int rest = pictures.size() % most;
    network =
        new TrainingNetwork(
            model.network(),
            shape,
            rest == 0 ? Set.of(most) : Set.of(most, rest),
            kernels.training(),
            workers);
    nativeBytes = network.footprint().total() + SampledObjective.bytes(anchors.length / 4, most);
    batchPictures = new Picture[most];
    batchIndices = new int[most];
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
    prepare =
        (image, worker) -> {
          pictures.write(batchPictures[image], inputs[image]);
          builders[worker].build(
              pictures.truths(batchIndices[image]), seed, step, image, objective);
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
   * @param first where in them the batch begins
   * @param number of this step, from 1
   * @param checkpoint the last, for messages
   * @throws TrainingDivergedException if it diverged; the weights stay
   * @throws IOException if a picture can't be read
   */
  void run(
      int[] order, int first, int batch, Adam optimizer, long number, @Nullable String checkpoint)
      throws IOException {
    for (int i = 0; i < batch; i++) {
      batchIndices[i] = order[first + i];
      batchPictures[i] = pictures.resized(batchIndices[i]);
    }
    step = number;
    workers.run(prepare, batch);
    Pass pass = network.pass(batch);
    network.forward(pass);
    objective.accumulate(
        batch, pass.logits(), pass.deltas(), pass.logitGradients(), pass.deltaGradients());
    network.learn(pass, loss(), optimizer, number, checkpoint);
  }

  /** The total loss before the last update. */
  double loss() {
    return objective.classificationLoss() + objective.locationLoss();
  }

  double classificationLoss() {
    return objective.classificationLoss();
  }

  double locationLoss() {
    return objective.locationLoss();
  }

  Parameters parameters() {
    return network.parameters();
  }

  /** To be called after the weights were changed from outside. */
  void weightsChanged() {
    network.pack();
  }

  long nativeBytes() {
    return nativeBytes;
  }

  @Override
  public void close() {
    network.close();
  }
}
