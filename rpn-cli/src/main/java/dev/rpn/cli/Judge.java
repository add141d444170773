package dev.rpn.cli;

import dev.rpn.anchor.Box;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.Proposal;
import dev.rpn.io.picture.PictureProposer;
import dev.rpn.model.ProposalModel;
import dev.rpn.train.Evaluation;
import dev.rpn.train.Evaluator;
import dev.rpn.train.TrainingPicture;
import java.io.IOException;
import java.util.List;
import java.util.function.IntConsumer;

/** Measures a model's proposals against true boxes. */
final class Judge {
  private Judge() {}

  /**
   * The recall over all pictures, with the profile's own limits.
   *
   * @param done hears how many pictures are
   */
  static Evaluation evaluate(
      ProposalModel model, List<TrainingPicture> pictures, EngineOptions options, IntConsumer done)
      throws IOException {
    var evaluator = new Evaluator();
    try (var proposer = new PictureProposer(model, options)) {
      for (int i = 0; i < pictures.size(); i++) {
        done.accept(i);
        TrainingPicture picture = pictures.get(i);
        List<Proposal> proposals = proposer.propose(picture.read());
        float[] scores = new float[proposals.size()];
        for (int p = 0; p < scores.length; p++) {
          scores[p] = proposals.get(p).score();
        }
        evaluator.add(
            rows(proposals.stream().map(Proposal::box).toList()), scores, rows(picture.truths()));
      }
    }
    return evaluator.result();
  }

  private static float[] rows(List<Box> boxes) {
    float[] rows = new float[4 * boxes.size()];
    for (int i = 0; i < boxes.size(); i++) {
      Box box = boxes.get(i);
      rows[4 * i] = box.x1();
      rows[4 * i + 1] = box.y1();
      rows[4 * i + 2] = box.x2();
      rows[4 * i + 3] = box.y2();
    }
    return rows;
  }
}
