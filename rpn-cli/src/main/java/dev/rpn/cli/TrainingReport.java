package dev.rpn.cli;

import dev.rpn.model.ProposalModel;
import dev.rpn.train.Evaluation;
import dev.rpn.train.Trainer;
import dev.rpn.train.TrainingListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Tells how a training goes: progress, a line an epoch, the log, the plot, and the recall. */
final class TrainingReport implements TrainingListener {
  private final PrintWriter out;
  private final Progress progress;
  private final JsonLines log;
  private final TrainingPlot plot;
  private final Recall recall;
  private final int pictures;
  private final long stepsPerEpoch;
  private final long firstStep;
  private long epochBegan = System.nanoTime();

  /** Measures a model on pictures that it is not trained on. */
  @FunctionalInterface
  interface Recall {
    /** Null where there are no such pictures. */
    @Nullable Evaluation of(ProposalModel model) throws IOException;
  }

  /**
   * @param log gets a line for every step and epoch
   * @param plot drawn after every epoch
   * @param recall asked after every epoch
   * @param trainer about to train
   * @param epochs of the whole training
   * @param pictures that are trained on
   */
  TrainingReport(
      PrintWriter out,
      Progress progress,
      JsonLines log,
      TrainingPlot plot,
      Recall recall,
      Trainer trainer,
      int epochs,
      int pictures) {
    this.out = out;
    this.progress = progress;
    this.log = log;
    this.plot = plot;
    this.recall = recall;
    this.pictures = pictures;
    stepsPerEpoch = trainer.steps() / epochs;
    firstStep = trainer.step();
  }

  @Override
  public void step(
      long step,
      long steps,
      int epoch,
      double loss,
      double classification,
      double location,
      double seconds)
      throws IOException {
    log.write(json -> writeStep(json, step, epoch, loss, classification, location));
    plot.step((double) step / stepsPerEpoch, loss);
    progress.at(
        step - firstStep,
        steps - firstStep,
        String.format(Locale.ROOT, "epoch %d, loss %.4f", epoch, loss));
  }

  @Override
  public void epoch(
      int epoch, int epochs, double meanLoss, double seconds, Supplier<ProposalModel> model)
      throws IOException {
    double rate = pictures / ((System.nanoTime() - epochBegan) / 1e9);
    var line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "epoch %2d of %d  loss %.4f  %.1f pictures/s",
            epoch,
            epochs,
            meanLoss,
            rate));
    @Nullable Evaluation evaluation = recall.of(model.get());
    if (evaluation != null) {
      plot.recall(epoch, evaluation.ar100(), evaluation.recall50());
      line.append(
          String.format(
              Locale.ROOT,
              "  AR@100 %.3f  recall50@100 %.3f",
              evaluation.ar100(),
              evaluation.recall50()));
    }
    log.write(json -> writeEpoch(json, epoch * stepsPerEpoch, epoch, meanLoss, evaluation));
    progress.clear();
    out.println(line);
    out.flush();
    plot.write();
    epochBegan = System.nanoTime();
  }

  private static void writeStep(
      JsonGenerator json,
      long step,
      int epoch,
      double loss,
      double classification,
      double location) {
    json.writeStartObject();
    json.writeNumberProperty("step", step);
    json.writeNumberProperty("epoch", epoch);
    json.writeNumberProperty("loss", loss);
    json.writeNumberProperty("classification", classification);
    json.writeNumberProperty("location", location);
    json.writeEndObject();
  }

  private static void writeEpoch(
      JsonGenerator json, long step, int epoch, double meanLoss, @Nullable Evaluation evaluation) {
    json.writeStartObject();
    json.writeNumberProperty("step", step);
    json.writeNumberProperty("epoch", epoch);
    json.writeNumberProperty("mean_loss", meanLoss);
    if (evaluation != null) {
      json.writeNumberProperty("ar@10", evaluation.ar10());
      json.writeNumberProperty("ar@100", evaluation.ar100());
      json.writeNumberProperty("ar@300", evaluation.ar300());
      json.writeNumberProperty("ar@1000", evaluation.ar1000());
      json.writeNumberProperty("recall50@100", evaluation.recall50());
    }
    json.writeEndObject();
  }
}
