package dev.rpn.train;

import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.util.function.Supplier;

/** Hears how a training goes. Called by the training thread, which waits. */
public interface TrainingListener {
  /**
   * After every step.
   *
   * @param step counted from 1 over the whole training
   * @param steps of the whole training
   * @param epoch counted from 1
   * @param loss the total before this step's update
   * @param classification its part
   * @param location its part
   * @param seconds since this process began to train
   * @throws IOException if what was heard can't be written; ends the training
   */
  default void step(
      long step,
      long steps,
      int epoch,
      double loss,
      double classification,
      double location,
      double seconds)
      throws IOException {}

  /**
   * After every epoch: the place to evaluate.
   *
   * @param epoch counted from 1
   * @param epochs of the whole training
   * @param meanLoss of the epoch's pictures
   * @param seconds since this process began to train
   * @param model copies the present weights when asked
   * @throws IOException if what was heard can't be written; ends the training
   */
  default void epoch(
      int epoch, int epochs, double meanLoss, double seconds, Supplier<ProposalModel> model)
      throws IOException {}

  /** Hears nothing. */
  TrainingListener SILENT = new TrainingListener() {};
}
