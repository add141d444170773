package dev.rpn.cli;

import dev.rpn.anchor.ProposalLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many proposals are looked at and kept. */
final class LimitOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private @Nullable Integer preNms;
  private @Nullable Integer postNms;
  private @Nullable Double iou;
  private @Nullable Float minScore;

  @Option(
      names = "--pre-nms",
      paramLabel = "N",
      description =
          "Boxes a level that enter non-maximum suppression, best first. Without it: what the"
              + " model's profile says.")
  void setPreNms(int value) {
    preNms = atLeastOne("--pre-nms", value);
  }

  @Option(
      names = {"--post-nms", "--top"},
      paramLabel = "N",
      description =
          "Proposals a picture, at most. Without it: 100 of IMAGEs; of features, what the profile"
              + " says.")
  void setPostNms(int value) {
    postNms = atLeastOne("--post-nms", value);
  }

  @Option(
      names = "--nms",
      paramLabel = "IOU",
      description =
          "A box goes where its IoU with a better one of its level is above this, 0 to 1. Without"
              + " it: what the profile says.")
  void setIou(double value) {
    if (!(value >= 0 && value <= 1)) {
      throw wrong("--nms: expected an IoU from 0 to 1, got " + value);
    }
    iou = value;
  }

  @Option(
      names = "--min-score",
      paramLabel = "S",
      description = "Proposals of a lower score go, 0 to 1. Without it: 0.")
  void setMinScore(float value) {
    if (!(value >= 0 && value <= 1)) {
      throw wrong("--min-score: expected a score from 0 to 1, got " + value);
    }
    minScore = value;
  }

  private int atLeastOne(String option, int value) {
    if (value < 1) {
      throw wrong(option + ": expected at least 1, got " + value);
    }
    return value;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  /**
   * The limits asked for.
   *
   * @param usual what is not given
   */
  ProposalLimits over(ProposalLimits usual) {
    int post = postNms == null ? usual.postNms() : postNms;
    int pre = preNms == null ? Math.max(usual.preNms(), post) : preNms;
    return new ProposalLimits(
        pre, post, iou == null ? usual.iou() : iou, minScore == null ? usual.minScore() : minScore);
  }
}
