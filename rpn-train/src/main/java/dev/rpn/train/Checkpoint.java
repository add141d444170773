package dev.rpn.train;

import java.util.List;

/**
 * Where a training stands, beside its weights and moments. Random numbers need no state: they are
 * functions of the recipe's seed and of these counters.
 *
 * @param training says which training this is; see {@link Trainer}
 * @param step updates done: the optimiser's t
 * @param epoch epochs done
 * @param position pictures of the present epoch done
 * @param epochLoss sum over those pictures of their step's loss
 * @param losses of the last steps
 */
record Checkpoint(
    String training, long step, int epoch, int position, double epochLoss, List<StepLoss> losses) {}
