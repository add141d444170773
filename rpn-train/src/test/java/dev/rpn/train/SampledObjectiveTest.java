package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.anchor.Profile;
import dev.rpn.anchor.Size;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.model.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SampledObjectiveTest {
  private static final int HEIGHT = 15;
  private static final int WIDTH = 20;
  private static final int K = 9;

  /** From torch's (N, A * per, H, W) to (N, H, W, A * per). */
  private static Tensor channelsLast(NpyArray array) {
    int[] shape = array.shape();
    float[] in = array.toFloats();
    Tensor out = Tensor.zeros(shape[0], shape[2], shape[3], shape[1]);
    int to = 0;
    for (int n = 0; n < shape[0]; n++) {
      for (int p = 0; p < shape[2] * shape[3]; p++) {
        for (int c = 0; c < shape[1]; c++) {
          out.set(to++, in[(n * shape[1] + c) * shape[2] * shape[3] + p]);
        }
      }
    }
    return out;
  }

  @Test
  void lossesUnderTorchvisionsMasksAreTorchvisions() {
    Map<String, NpyArray> golden = Golden.read("targets-c4.npz");
    float[] anchors = golden.get("anchors").toFloats();
    int count = anchors.length / 4;
    Tensor logits = channelsLast(golden.get("logits/0"));
    Tensor deltas = channelsLast(golden.get("deltas/0"));
    Tensor logitGradients = Tensor.zeros(2, HEIGHT, WIDTH, K);
    Tensor deltaGradients = Tensor.zeros(2, HEIGHT, WIDTH, 4 * K);
    int[] matched = new int[count];
    AnchorMatcher matcher = new AnchorMatcher(Profile.TORCHVISION, anchors, new Size(240, 320));
    AnchorSample sample = new AnchorSample(256);
    SampledObjective objective = new SampledObjective(Profile.TORCHVISION, anchors, 2);
    for (int image = 0; image < 2; image++) {
      float[] truths = golden.get("truth/" + image).toFloats();
      matcher.match(truths, matched);
      int[] positive = golden.get("positive/" + image).toInts();
      int[] negative = golden.get("negative/" + image).toInts();
      sample.count = 0;
      add(sample, positive);
      sample.positives = sample.count;
      add(sample, negative);
      assertThat(sample.count).isEqualTo(256);
      objective.prepare(image, matched, sample, truths, new float[4]);
    }
    objective.accumulate(
        2,
        objective.scale(2, objective.sampled(2)),
        logits.data(),
        deltas.data(),
        logitGradients.data(),
        deltaGradients.data());
    double classification = golden.get("loss_objectness").get(0);
    double location = golden.get("loss_box").get(0);
    assertThat(objective.classificationLoss())
        .isCloseTo(classification, within(1e-5 * classification));
    assertThat(objective.locationLoss()).isCloseTo(location, within(1e-5 * location));
  }

  private static void add(AnchorSample sample, int[] mask) {
    for (int i = 0; i < mask.length; i++) {
      if (mask[i] != 0) {
        sample.anchors[sample.count++] = i;
      }
    }
  }

  @Test
  void pictureWithoutTruthHasNoBoxLoss() {
    float[] anchors = {0, 0, 10, 10, 5, 5, 20, 20};
    Tensor logits = Tensor.of(new float[] {1, 2}, 2);
    Tensor deltas = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 8);
    Tensor logitGradients = Tensor.of(new float[] {Float.NaN, Float.NaN}, 2);
    Tensor deltaGradients = Tensor.of(new float[] {9, 9, 9, 9, 9, 9, 9, 9}, 8);
    SampledObjective objective = new SampledObjective(Profile.TORCHVISION, anchors, 1);
    new TargetBuilder(Profile.TORCHVISION, anchors, new Size(32, 32))
        .build(new float[0], 1, 1, 0, objective, 0);
    objective.accumulate(
        1,
        objective.scale(1, objective.sampled(1)),
        logits.data(),
        deltas.data(),
        logitGradients.data(),
        deltaGradients.data());
    assertThat(objective.locationLoss()).isZero();
    assertThat(objective.classificationLoss())
        .isCloseTo((Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(2))) / 2, within(1e-6));
    assertThat(deltaGradients.toArray()).containsOnly(0f);
    assertThat(logitGradients.firstNonFinite()).isEqualTo(-1);
  }

  @Test
  void refusesAProfileWhoseLossesCountEveryAnchor() {
    assertThatThrownBy(() -> new SampledObjective(Profile.KERAS, new float[4], 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("profile 'keras'");
  }
}
