package dev.rpn.train;

/**
 * What part of the optimiser's step size each update takes: a decay over the whole training, times
 * a linear warm-up.
 *
 * @param decay over the whole training
 * @param warmup updates, the s-th of which takes s / warmup of the step size; 0 for none
 */
public record LearningRateSchedule(Decay decay, int warmup) {
  /** How the step size becomes smaller. */
  public enum Decay {
    /** It does not. */
    CONSTANT,
    /** A tenth in the last quarter of the epochs. */
    STEP,
    /** Half a cosine from all of it to nothing, a little less at every update. */
    COSINE
  }

  /**
   * @throws IllegalArgumentException if the warm-up is negative
   */
  public LearningRateSchedule {
    if (warmup < 0) {
      throw new IllegalArgumentException("warm-up: expected at least 0 updates, got " + warmup);
    }
  }

  /**
   * The part that one update takes, above 0 and at most 1.
   *
   * @param done updates before it
   * @param perEpoch updates of an epoch
   * @param epochs of the whole training
   */
  float factor(long done, long perEpoch, int epochs) {
    long epoch = done / perEpoch;
    float warm = done < warmup ? (float) (done + 1) / warmup : 1;
    return warm
        * switch (decay) {
          case CONSTANT -> 1;
          case STEP -> epoch < epochs * 0.75 ? 1 : 0.1f;
          // StrictMath: the same bits on every machine.
          case COSINE ->
              (float) (0.5 + 0.5 * StrictMath.cos(Math.PI * done / ((double) perEpoch * epochs)));
        };
  }
}
