package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.kernel.TrainingKernels.AdamStep;
import dev.rpn.kernel.TrainingKernels.SgdStep;
import dev.rpn.model.Optimizer;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Optimizer.Sgd;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The optimiser's one pass over all weights that learn. */
final class Update {
  /** These keep {@link FiniteCheck}'s promise. */
  private static final float LARGEST_SGD_RATE = 100;

  private static final float LARGEST_MOMENTUM = 0.9999f;

  /** More than an update's roundings to float can add. */
  private static final double ROUNDED = 1 + 1e-5;

  private final Step adam;
  private final Step sgd;
  private @Nullable AdamStep adamScalars;
  private @Nullable SgdStep sgdScalars;

  /**
   * @param firstByte where in the parameters those begin that learn
   */
  Update(Parameters parameters, long firstByte, TrainingKernels kernels, int parts) {
    MemorySegment weights = parameters.weights().asSlice(firstByte);
    MemorySegment gradients = parameters.gradients().asSlice(firstByte);
    MemorySegment means = parameters.means().asSlice(firstByte);
    MemorySegment squares = parameters.squares().asSlice(firstByte);
    long values = weights.byteSize() / Float.BYTES;
    adam =
        new Step(
            (part, worker) ->
                kernels.adam(
                    Objects.requireNonNull(adamScalars),
                    weights,
                    gradients,
                    means,
                    squares,
                    values,
                    part,
                    parts),
            parts);
    sgd =
        new Step(
            (part, worker) ->
                kernels.sgd(
                    Objects.requireNonNull(sgdScalars),
                    weights,
                    gradients,
                    means,
                    values,
                    part,
                    parts),
            parts);
  }

  /**
   * Sets the scalars of the next update.
   *
   * @param t updates, that one included: at least 1
   * @throws IllegalArgumentException if a number is beyond all reason
   */
  void prepare(Optimizer optimizer, long t) {
    adamScalars = null;
    sgdScalars = null;
    switch (optimizer) {
      case Adam form -> adamScalars = AdamSchedule.at(form, t);
      case Sgd form -> sgdScalars = scalars(form);
    }
  }

  private static SgdStep scalars(Sgd sgd) {
    if (!(sgd.learningRate() <= LARGEST_SGD_RATE) || !(sgd.momentum() <= LARGEST_MOMENTUM)) {
      throw new IllegalArgumentException(
          "SGD: expected a learning rate of at most "
              + LARGEST_SGD_RATE
              + " and a momentum of at most "
              + LARGEST_MOMENTUM
              + ", got "
              + sgd.learningRate()
              + " and "
              + sgd.momentum());
    }
    return new SgdStep(sgd.learningRate(), sgd.momentum(), sgd.weightDecay());
  }

  /** Updates weights and moments as prepared. */
  void run(Workers workers) {
    (adamScalars != null ? adam : sgd).run(workers);
  }

  /**
   * A bound of the weights after an update as prepared.
   *
   * @param before a bound of those before it; gradients are at most {@link
   *     FiniteCheck#LARGEST_GRADIENT}, so that their mean is
   */
  double largestWeight(double before) {
    AdamStep step = adamScalars;
    if (step == null) {
      return Double.POSITIVE_INFINITY; // Velocities grow with the weights.
    }
    double most = step.alpha() * (double) FiniteCheck.LARGEST_GRADIENT / step.epsilon();
    return (before * Math.abs(step.keep()) + most) * ROUNDED;
  }
}
