package dev.rpn.train;

/**
 * How gradients become updates, beside the optimiser, and what is done to the pictures before. All
 * of it is deterministic, on any number of threads and over any resumption.
 *
 * @param schedule what part of the step size each update takes
 * @param clipNorm longest gradient, as the norm over all weights together; a longer one is
 *     shortened to it, as torch's {@code clip_grad_norm_} does; 0 to leave all as they are
 * @param accumulation batches whose gradients make one update, at least 1: the same gradient as of
 *     one batch so many times as large, but the memory of one
 * @param averaging how much of itself the moving average of the weights keeps at each update, in
 *     [0, 1); the average is what is evaluated and written; 0 for none. The t-th update keeps (1 +
 *     t) / (10 + t) where that is less, as TensorFlow's ExponentialMovingAverage does, so that the
 *     starting weights are soon forgotten
 * @param flips whether each picture is mirrored left to right every other time, by the seed's
 *     chance
 * @param freezeBackbone whether the head alone learns; nothing below it gets a gradient or decays
 */
public record TrainingOptions(
    LearningRateSchedule schedule,
    float clipNorm,
    int accumulation,
    double averaging,
    boolean flips,
    boolean freezeBackbone) {
  /**
   * @throws IllegalArgumentException if a number is out of its range
   */
  public TrainingOptions {
    if (!(clipNorm >= 0 && clipNorm <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "clip norm: expected a finite number of at least 0, got " + clipNorm);
    }
    if (accumulation < 1) {
      throw new IllegalArgumentException(
          "accumulation: expected at least 1 batch, got " + accumulation);
    }
    if (!(averaging >= 0 && averaging < 1)) {
      throw new IllegalArgumentException("averaging: expected [0, 1), got " + averaging);
    }
  }

  /** A tenth of the step size in the last quarter of the epochs, and nothing else. */
  public static TrainingOptions plain() {
    return new TrainingOptions(
        new LearningRateSchedule(LearningRateSchedule.Decay.STEP, 0), 0, 1, 0, false, false);
  }

  /** The same with another schedule. */
  public TrainingOptions withSchedule(LearningRateSchedule other) {
    return new TrainingOptions(other, clipNorm, accumulation, averaging, flips, freezeBackbone);
  }

  /** The same with gradients of at most this norm; 0 for any. */
  public TrainingOptions withClipNorm(float norm) {
    return new TrainingOptions(schedule, norm, accumulation, averaging, flips, freezeBackbone);
  }

  /** The same with so many batches an update. */
  public TrainingOptions withAccumulation(int batches) {
    return new TrainingOptions(schedule, clipNorm, batches, averaging, flips, freezeBackbone);
  }

  /** The same with a moving average of the weights that keeps so much of itself; 0 for none. */
  public TrainingOptions withAveraging(double kept) {
    return new TrainingOptions(schedule, clipNorm, accumulation, kept, flips, freezeBackbone);
  }

  /** The same with or without mirrored pictures. */
  public TrainingOptions withFlips(boolean wanted) {
    return new TrainingOptions(schedule, clipNorm, accumulation, averaging, wanted, freezeBackbone);
  }

  /** The same with a backbone that learns or does not. */
  public TrainingOptions withFrozenBackbone(boolean frozen) {
    return new TrainingOptions(schedule, clipNorm, accumulation, averaging, flips, frozen);
  }

  /** Whether there is a moving average of the weights. */
  boolean averages() {
    return averaging > 0;
  }
}
