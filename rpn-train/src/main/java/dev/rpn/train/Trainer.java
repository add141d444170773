package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.model.Optimizer;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Trains a proposer end to end on annotated pictures with Faster R-CNN's objective. The result
 * depends on recipe, starting model and pictures alone: not on threads, nor on how often the
 * training was stopped and resumed. Not for several threads at a time.
 */
public final class Trainer implements AutoCloseable {
  /** The part of the heap that decoded pictures may take. */
  private static final int HEAP_SHARE = 4;

  private final TrainingRecipe recipe;
  private final ProposalModel start;
  private final @Nullable Checkpoints checkpoints;
  private final PictureSet pictures;
  private final PictureStep network;
  private final LossLog losses = new LossLog();
  private final int[] order;
  private final String description;

  /** A checkpoint is written at the end of each epoch, and within one after so long. */
  private long checkpointNanos = 60_000_000_000L;

  private long step;
  private int epoch;
  private int position;
  private double epochLoss;
  private @Nullable String lastCheckpoint;

  /**
   * Takes all the memory that the steps need; reads no picture yet.
   *
   * @param recipe how to train
   * @param start the model to begin with: {@link TrainingRecipe#freshModel} or {@link
   *     TrainingRecipe#startingFrom}; not changed
   * @param pictures at least one
   * @param workers who share the work; not closed
   * @param checkpoints where to write them; null for none
   * @throws IllegalArgumentException if there is no picture, a truth has no area, the model has no
   *     backbone or another size of pictures, its profile does not sample anchors, or there is not
   *     enough native memory
   */
  public Trainer(
      TrainingRecipe recipe,
      ProposalModel start,
      List<? extends TrainingPicture> pictures,
      KernelProvider kernels,
      Workers workers,
      @Nullable Checkpoints checkpoints) {
    this.recipe = recipe;
    this.start = start;
    this.checkpoints = checkpoints;
    Preprocessing preprocessing = start.preprocessing();
    if (preprocessing.width() != recipe.width() || preprocessing.height() != recipe.height()) {
      throw new IllegalArgumentException(
          "model: expected pictures of "
              + recipe.width()
              + " x "
              + recipe.height()
              + ", got "
              + preprocessing.width()
              + " x "
              + preprocessing.height());
    }
    this.pictures =
        new PictureSet(pictures, preprocessing, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    order = new int[this.pictures.size()];
    network = new PictureStep(start, this.pictures, recipe, kernels, workers);
    // What must be the same for a checkpoint to be of this training.
    description =
        String.format(
            Locale.ROOT,
            "%s; %s; %s; %s; %s; weights with checksum %08x; %d pictures with checksum %08x",
            recipe,
            start.network().architecture(),
            start.anchors(),
            start.profile(),
            preprocessing,
            checksum(start.network().weights()),
            order.length,
            this.pictures.checksum());
    shuffle();
  }

  /** Changes with any bit, so that no training is resumed that began with another model. */
  private static int checksum(Weights weights) {
    CRC32C sum = new CRC32C();
    weights.asMap().values().forEach(tensor -> sum.update(tensor.data().asByteBuffer()));
    return (int) sum.getValue();
  }

  private void shuffle() {
    CounterRandom.permutation(CounterRandom.key(recipe.seed(), epoch, 1), order);
  }

  /** Bytes of native memory that the trainer holds. */
  public long nativeBytes() {
    return network.nativeBytes();
  }

  /** Updates of the whole training. */
  public long steps() {
    return stepsPerEpoch() * recipe.epochs();
  }

  private long stepsPerEpoch() {
    return Math.ceilDiv(order.length, recipe.picturesPerUpdate(order.length));
  }

  /** Updates done, those before a resumption included. */
  public long step() {
    return step;
  }

  /** The losses of the last steps, 4096 at most, those before a resumption included. */
  public List<StepLoss> losses() {
    return losses.entries();
  }

  /** The model with a copy of the present weights, or of their average where the recipe has one. */
  public ProposalModel model() {
    return new ProposalModel(
        network.parameters().network(), start.anchors(), start.profile(), start.preprocessing());
  }

  /** Writes a checkpoint within an epoch whenever the last is so old. */
  void checkpointEvery(long nanos) {
    checkpointNanos = nanos;
  }

  /**
   * Continues from the newest checkpoint.
   *
   * @return false if there is none: nothing has changed then
   * @throws CheckpointCorruptException if it is corrupt; names the previous good one
   * @throws IOException if it can't be read
   * @throws IllegalArgumentException if it is of another training
   */
  public boolean resume() throws IOException {
    if (checkpoints == null) {
      return false;
    }
    Checkpoint found = checkpoints.read(description, network.parameters());
    if (found == null) {
      return false;
    }
    step = found.step();
    epoch = found.epoch();
    position = found.position();
    epochLoss = found.epochLoss();
    losses.restore(step, found.losses());
    lastCheckpoint = checkpoints.list().get(0).toString();
    network.weightsChanged();
    shuffle();
    return true;
  }

  /**
   * Trains to the end of the recipe, from the beginning or from where {@link #resume} led.
   *
   * @throws TrainingDivergedException if a loss, gradient or weight is not finite; the weights are
   *     those before that step
   * @throws IOException if a picture can't be read, a checkpoint not be written, checkpoints of an
   *     earlier training are there and were not resumed, or the listener throws it
   */
  public void train(TrainingListener listener) throws IOException {
    refuseToOverwrite();
    long began = System.nanoTime();
    long saved = began;
    while (epoch < recipe.epochs()) {
      while (position < order.length) {
        update();
        listener.step(
            step,
            steps(),
            epoch + 1,
            network.loss(),
            network.classificationLoss(),
            network.locationLoss(),
            seconds(began));
        if (System.nanoTime() - saved >= checkpointNanos && position < order.length) {
          save();
          saved = System.nanoTime();
        }
      }
      double mean = epochLoss / order.length;
      epoch++;
      position = 0;
      epochLoss = 0;
      save();
      saved = System.nanoTime();
      shuffle();
      listener.epoch(epoch, recipe.epochs(), mean, seconds(began), this::model);
    }
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) * 1e-9;
  }

  private void update() throws IOException {
    int count = Math.min(recipe.picturesPerUpdate(order.length), order.length - position);
    Optimizer optimizer = recipe.optimizer(step, stepsPerEpoch());
    network.run(order, position, count, optimizer, step + 1, lastCheckpoint);
    step++;
    position += count;
    epochLoss += network.loss() * count;
    losses.add(network.classificationLoss(), network.locationLoss());
  }

  private void save() throws IOException {
    if (checkpoints != null) {
      Path file =
          checkpoints.write(
              new Checkpoint(description, step, epoch, position, epochLoss, losses.entries()),
              network.parameters());
      lastCheckpoint = file.toString();
    }
  }

  private void refuseToOverwrite() throws IOException {
    if (checkpoints == null || step > 0) {
      return;
    }
    List<Path> present = checkpoints.list();
    if (!present.isEmpty()) {
      throw new IOException(
          "checkpoint "
              + present.get(0)
              + " is of an earlier training: resume it, or delete its checkpoints");
    }
  }

  /** Frees the memory; a second call does nothing. */
  @Override
  public void close() {
    network.close();
  }
}
