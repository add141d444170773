package dev.rpn.train;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Box;
import dev.rpn.anchor.Size;
import dev.rpn.engine.Workers;
import dev.rpn.io.picture.Picture;
import dev.rpn.io.picture.PictureInput;
import dev.rpn.io.picture.PictureScale;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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
  private final List<? extends TrainingPicture> pictures;
  private final Workers workers;
  private final @Nullable Checkpoints checkpoints;
  private final PictureInput input;
  private final PictureCache cache;
  private final float[][] truths;
  private final Arena arena = Arena.ofShared();
  private final TrainingNetwork network;
  private final SampledObjective objective;
  private final Workers.Task prepare;
  private final MemorySegment[][] inputs;
  private final Picture[] batchPictures;
  private final int[] order;
  private final LossLog losses = new LossLog();
  private final long nativeBytes;
  private final String description;

  /** A checkpoint is written at the end of each epoch, and within one after so long. */
  private long checkpointNanos = 60_000_000_000L;

  private long step;
  private int epoch;
  private int position;
  private double epochLoss;
  private @Nullable String lastCheckpoint;
  private boolean closed;

  /**
   * Takes all the memory that the steps need; reads no picture yet.
   *
   * @param recipe how to train
   * @param start the model to begin with, see {@link TrainingRecipe#freshModel}; not changed
   * @param pictures at least one
   * @param workers who share the work; not closed
   * @param checkpoints where to write them; null for none
   * @throws IllegalArgumentException if there is no picture, a truth has no area, the model has no
   *     backbone, or there is not enough native memory
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
    this.pictures = List.copyOf(pictures);
    this.workers = workers;
    this.checkpoints = checkpoints;
    if (pictures.isEmpty()) {
      throw new IllegalArgumentException("training: expected at least one picture, got none");
    }
    Backbone backbone =
        start
            .network()
            .architecture()
            .backbone()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "training on pictures expects a model with a backbone, got a head alone"));
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
    input = new PictureInput(preprocessing);
    cache = new PictureCache(pictures, input, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    truths = new float[pictures.size()][];
    for (int i = 0; i < truths.length; i++) {
      truths[i] = truths(pictures.get(i), input);
    }
    order = new int[pictures.size()];
    int batch = Math.min(recipe.batch(), order.length);
    batchPictures = new Picture[batch];
    MapShape shape =
        new MapShape(batch, recipe.height(), recipe.width(), Backbone.PICTURE_CHANNELS);
    MapShape features = backbone.featureShape(shape);
    Size size = new Size(recipe.height(), recipe.width());
    float[] anchors =
        new Anchors(
                start.anchors(),
                start.profile(),
                size,
                List.of(new Size(features.height(), features.width())))
            .toArray();
    objective = new SampledObjective(start.profile(), anchors, batch, arena);
    int rest = order.length % batch;
    network =
        new TrainingNetwork(
            start.network(),
            shape,
            rest == 0 ? Set.of(batch) : Set.of(batch, rest),
            kernels.training(),
            workers);
    nativeBytes = network.footprint().total() + SampledObjective.bytes(anchors.length / 4, batch);
    inputs = new MemorySegment[2][];
    inputs[0] = slices(network.pass(batch), batch);
    inputs[1] = rest == 0 ? new MemorySegment[0] : slices(network.pass(rest), rest);
    var builders = new TargetBuilder[workers.threads()];
    for (int i = 0; i < builders.length; i++) {
      builders[i] = new TargetBuilder(start.profile(), anchors, size);
    }
    prepare =
        (image, worker) -> {
          int picture = order[position + image];
          input.write(currentPicture(image), currentInput(image));
          builders[worker].build(truths[picture], recipe.seed(), step + 1, image, objective);
        };
    description = describe();
    shuffle();
  }

  private static MemorySegment[] slices(Pass pass, int batch) {
    var slices = new MemorySegment[batch];
    long bytes = pass.input().byteSize() / batch;
    for (int i = 0; i < batch; i++) {
      slices[i] = pass.input().asSlice(i * bytes, bytes);
    }
    return slices;
  }

  private Picture currentPicture(int image) {
    return batchPictures[image];
  }

  private MemorySegment currentInput(int image) {
    return inputs[batch() == batchPictures.length ? 0 : 1][image];
  }

  /** Truths in the network's pixels. */
  private static float[] truths(TrainingPicture picture, PictureInput input) {
    PictureScale scale = input.scale(picture.width(), picture.height());
    List<Box> boxes = picture.truths();
    var rows = new float[4 * boxes.size()];
    for (int i = 0; i < boxes.size(); i++) {
      Box box = scale.toInput(boxes.get(i));
      if (!(box.area() > 0) || !(box.width() > 0) || !Float.isFinite(box.area())) {
        throw new IllegalArgumentException(
            "picture '"
                + picture.name()
                + "': truth "
                + i
                + ": expected a box of some area, got "
                + boxes.get(i));
      }
      rows[4 * i] = box.x1();
      rows[4 * i + 1] = box.y1();
      rows[4 * i + 2] = box.x2();
      rows[4 * i + 3] = box.y2();
    }
    return rows;
  }

  /** What must be the same for a checkpoint to be of this training. */
  private String describe() {
    CRC32C sum = new CRC32C();
    for (int i = 0; i < truths.length; i++) {
      sum.update(pictures.get(i).name().getBytes(StandardCharsets.UTF_8));
      for (float value : truths[i]) {
        int bits = Float.floatToRawIntBits(value);
        for (int shift = 24; shift >= 0; shift -= 8) {
          sum.update(bits >> shift);
        }
      }
    }
    return String.format(
        Locale.ROOT,
        "%s; %s; %d pictures with checksum %08x",
        recipe,
        start.network().architecture(),
        truths.length,
        sum.getValue());
  }

  private void shuffle() {
    CounterRandom.permutation(CounterRandom.key(recipe.seed(), epoch, 1), order);
  }

  /** Bytes of native memory that the trainer holds. */
  public long nativeBytes() {
    return nativeBytes;
  }

  /** Updates of the whole training. */
  public long steps() {
    return (long) stepsPerEpoch() * recipe.epochs();
  }

  private int stepsPerEpoch() {
    return Math.ceilDiv(order.length, batchPictures.length);
  }

  /** Updates done, those before a resumption included. */
  public long step() {
    return step;
  }

  /** The losses of the last steps, some thousands at most, those before a resumption included. */
  public List<StepLoss> losses() {
    return losses.entries();
  }

  /** The model with a copy of the present weights. */
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
    network.pack();
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
        step(recipe.optimizer(epoch));
        listener.step(
            step,
            steps(),
            epoch + 1,
            objective.classificationLoss() + objective.locationLoss(),
            objective.classificationLoss(),
            objective.locationLoss(),
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
      listener.epoch(epoch, recipe.epochs(), mean, seconds(began), this::model);
      shuffle();
    }
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) * 1e-9;
  }

  /** Pictures of the next step. */
  private int batch() {
    return Math.min(batchPictures.length, order.length - position);
  }

  private void step(Adam optimizer) throws IOException {
    int batch = batch();
    for (int i = 0; i < batch; i++) {
      batchPictures[i] = cache.get(order[position + i]);
    }
    Pass pass = network.pass(batch);
    workers.run(prepare, batch);
    network.forward(pass);
    objective.accumulate(
        batch, pass.logits(), pass.deltas(), pass.logitGradients(), pass.deltaGradients());
    double classification = objective.classificationLoss();
    double location = objective.locationLoss();
    network.learn(pass, classification + location, optimizer, step + 1, lastCheckpoint);
    step++;
    position += batch;
    epochLoss += (classification + location) * batch;
    losses.add(classification, location);
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
              + " is of an earlier training that did not end: resume it, or delete its"
              + " checkpoints");
    }
  }

  /** Frees the memory; a second call does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      network.close();
      arena.close();
    }
  }
}
