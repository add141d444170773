package dev.rpn.io.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.Proposal;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Network;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureProposerTest {
  private static final Architecture THIN =
      Architecture.of(Backbone.thin(4, 4, 6, 6, 8), new RpnHead(8, 3));

  private static ProposalModel model(Preprocessing preprocessing) {
    return new ProposalModel(
        Network.initialized(THIN, 3),
        AnchorRecipe.of(List.of(12f), List.of(0.5f, 1f, 2f), 4),
        Profile.TORCHVISION,
        preprocessing);
  }

  private static Picture noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(width).nextBytes(rgb);
    return Picture.of(width, height, rgb);
  }

  @Test
  void givesBoxesInThePicturesOwnPixels() {
    Picture small = noise(40, 32);
    Picture twice = small.resize(80, 64);
    try (var proposer =
        new PictureProposer(model(Preprocessing.symmetric(40, 32)), EngineOptions.standard())) {
      List<Proposal> own = proposer.propose(small);
      assertThat(own).isNotEmpty();
      for (Proposal p : own) {
        assertThat(p.box().x1()).isBetween(0f, 40f);
        assertThat(p.box().x2()).isBetween(0f, 40f);
        assertThat(p.box().y2()).isBetween(0f, 32f);
      }
      // Some box reaches beyond the network's 40 x 32 once the picture is twice as large.
      assertThat(proposer.propose(twice).stream().mapToDouble(p -> p.box().x2()).max().orElse(0))
          .isBetween(41.0, 80.0);
    }
  }

  @Test
  void keepsThePicturesOwnSizeAndGrowsWithIt() {
    ProposalModel model = model(Preprocessing.symmetric(0, 0));
    Picture wide = noise(60, 20);
    Picture high = noise(24, 50);
    List<Proposal> wideAlone;
    List<Proposal> highAlone;
    try (var one = new PictureProposer(model, EngineOptions.standard());
        var other = new PictureProposer(model, EngineOptions.standard())) {
      wideAlone = one.propose(wide);
      highAlone = other.propose(high);
    }
    try (var proposer = new PictureProposer(model, EngineOptions.standard().withThreads(2))) {
      assertThat(proposer.propose(wide)).isEqualTo(wideAlone).isNotEmpty();
      assertThat(proposer.propose(high)).isEqualTo(highAlone);
      assertThat(proposer.propose(wide)).isEqualTo(wideAlone);
    }
  }

  @Test
  void opensAModelFile(@TempDir Path folder) throws Exception {
    ProposalModel model = model(Preprocessing.symmetric(40, 32));
    ModelFile.write(folder.resolve("model.safetensors"), model);
    try (var fromFile = PictureProposer.open(folder.resolve("model.safetensors"));
        var direct = new PictureProposer(model, EngineOptions.standard())) {
      assertThat(fromFile.propose(noise(33, 35))).isEqualTo(direct.propose(noise(33, 35)));
    }
  }

  @Test
  void refusesModelsThatReadFeatureMapsAndPicturesBelowTheStride() {
    var head =
        new ProposalModel(
            Network.initialized(Architecture.of(new RpnHead(8, 3)), 1),
            AnchorRecipe.of(List.of(12f), List.of(0.5f, 1f, 2f), 4),
            Profile.TORCHVISION,
            Preprocessing.symmetric(0, 0));
    assertThatThrownBy(() -> new PictureProposer(head, EngineOptions.standard()).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected one with a backbone");
    try (var proposer =
        new PictureProposer(model(Preprocessing.symmetric(0, 0)), EngineOptions.standard())) {
      assertThatThrownBy(() -> proposer.propose(noise(3, 9)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("picture: expected at least 4 x 4 pixels, got 3 x 9");
      assertThatThrownBy(() -> proposer.propose(null))
          .isInstanceOf(NullPointerException.class)
          .hasMessage("picture");
    }
  }
}
