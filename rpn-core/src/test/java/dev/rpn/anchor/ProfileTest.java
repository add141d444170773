package dev.rpn.anchor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProfileTest {
  @ParameterizedTest
  @ValueSource(strings = {"torchvision", "detectron2", "pyfrcnn", "keras"})
  void isFoundByItsName(String name) {
    assertThat(Profile.named(name).name()).isEqualTo(name);
    assertThat(Profile.names()).contains(name).hasSize(4);
  }

  @Test
  void unknownNameIsRefusedWithThoseThatExist() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Profile.named("Torchvision"))
        .withMessage(
            "profile: expected one of [torchvision, detectron2, pyfrcnn, keras], got 'Torchvision'");
  }

  @ParameterizedTest
  @CsvSource({
    "torchvision, 2000, 2000, 1000, 1000",
    "detectron2, 12000, 2000, 6000, 1000",
    "pyfrcnn, 12000, 2000, 6000, 300",
    "keras, 2000, 2000, 1000, 1000"
  })
  void defaultCounts(String name, int trainPre, int trainPost, int pre, int post) {
    Profile.Selection selection = Profile.named(name).selection();
    assertThat(selection.training()).isEqualTo(new ProposalLimits(trainPre, trainPost, 0.7, 0));
    assertThat(selection.inference()).isEqualTo(new ProposalLimits(pre, post, 0.7, 0));
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    var limits = new ProposalLimits(1000, 300, 0.7, 0.05f);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> limits.withCounts(0, 300))
        .withMessage(
            "proposal limits: expected counts of at least 1, got pre-NMS 0 and post-NMS 300");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> limits.withIou(Double.NaN))
        .withMessage("proposal limits: expected an NMS IoU from 0 to 1, got NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> limits.withMinScore(1.5f))
        .withMessage("proposal limits: expected a minimal score from 0 to 1, got 1.5");
  }
}
