package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.kernel.KernelTestSupport;
import dev.rpn.kernel.KernelTestSupport.Fill;
import dev.rpn.kernel.Kernels;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ProposalEngineTest {
  private static final EngineOptions OPTIONS =
      EngineOptions.standard().withKernels(Kernels.named("scalar"));
  private static final ProposalModel PYRAMID =
      new ProposalModel(
          Network.initialized(Architecture.of(new RpnHead(6, 3)), 5),
          new AnchorRecipe(
              List.of(List.of(8f), List.of(16f)), List.of(0.5f, 1f, 2f), List.of(4, 8)),
          Profile.DETECTRON2,
          Preprocessing.symmetric(0, 0));
  private static final ProposalModel PICTURES =
      new ProposalModel(
          Network.initialized(Architecture.of(Backbone.thin(4, 4, 6), new RpnHead(6, 3)), 5),
          AnchorRecipe.of(List.of(8f), List.of(0.5f, 1f, 2f), 2),
          Profile.TORCHVISION,
          Preprocessing.symmetric(0, 0));

  private static FeatureMap map(int batch, int height, int width, int channels) {
    MapShape shape = new MapShape(batch, height, width, channels);
    return new FeatureMap(
        shape,
        MemorySegment.ofArray(
            KernelTestSupport.fill(Fill.NORMAL, shape.elements(), new Random(shape.hashCode()))));
  }

  @Test
  void proposesFromEveryLevelOfAPyramidForPicturesOfMixedSizes() {
    FeatureMap fine = map(2, 8, 10, 6);
    FeatureMap coarse = map(2, 4, 5, 6);
    List<Size> pictures = List.of(new Size(32, 40), new Size(20, 33));
    try (var engine = new ProposalEngine(PYRAMID, OPTIONS, fine.shape(), coarse.shape());
        var network = new NetworkEngine(PYRAMID.network(), OPTIONS, fine.shape(), coarse.shape())) {
      Proposals proposals = engine.propose(List.of(fine, coarse), new Size(32, 40), pictures);
      assertThat(proposals.pictures()).isEqualTo(2);
      network.forward(0, fine.shape(), fine.values());
      network.forward(1, coarse.shape(), coarse.values());
      for (int picture = 0; picture < 2; picture++) {
        assertThat(proposals.count(picture)).isGreaterThan(10);
        boolean[] seen = new boolean[2];
        for (Proposal p : proposals.toList(picture)) {
          seen[p.level()] = true;
          assertThat(p.box().x2()).isLessThanOrEqualTo(pictures.get(picture).width());
          assertThat(p.box().y2()).isLessThanOrEqualTo(pictures.get(picture).height());
          long anchors = p.level() == 0 ? 8 * 10 * 3 : 4 * 5 * 3;
          int at = Math.toIntExact(picture * anchors + p.anchor());
          assertThat(p.score()).isEqualTo(network.probabilities(p.level())[at]);
        }
        assertThat(seen).containsOnly(true);
      }
    }
  }

  @Test
  void aBatchGivesWhatItsPicturesGiveOneByOne() {
    FeatureMap both = map(2, 20, 24, 3);
    Size size = new Size(20, 24);
    MapShape one = new MapShape(1, 20, 24, 3);
    try (var engine = new ProposalEngine(PICTURES, OPTIONS.withThreads(2), both.shape())) {
      List<List<Proposal>> together = engine.propose(both.shape(), both.values()).toList();
      for (int picture = 0; picture < 2; picture++) {
        MemorySegment slice = both.values().asSlice(picture * one.bytes(), one.bytes());
        assertThat(
                engine.propose(List.of(new FeatureMap(one, slice)), size, List.of(size)).toList(0))
            .isEqualTo(together.get(picture))
            .isNotEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"torchvision", "detectron2", "pyfrcnn", "keras"})
  void paddedPicturesOfMixedSizesGiveWhatTheyGiveOneByOne(String name) {
    Profile profile = Profile.named(name);
    Random random = KernelTestSupport.random("levels " + name);
    for (int levels : new int[] {1, 3, 6}) {
      ProposalModel model = pyramid(profile, levels);
      Size padded = new Size(96 + random.nextInt(64), 96 + random.nextInt(64));
      List<Size> pictures =
          List.of(
              new Size(padded.height(), 40 + random.nextInt(50)),
              new Size(40 + random.nextInt(50), padded.width()),
              new Size(20 + random.nextInt(20), 20 + random.nextInt(20)));
      var maps = new ArrayList<FeatureMap>();
      for (int level = 0; level < levels; level++) {
        int stride = model.anchors().strides().get(level);
        maps.add(
            map(3, Math.ceilDiv(padded.height(), stride), Math.ceilDiv(padded.width(), stride), 6));
      }
      MapShape[] shapes = maps.stream().map(FeatureMap::shape).toArray(MapShape[]::new);
      var limits = new ProposalLimits(50 + random.nextInt(400), 1 + random.nextInt(200), 0.6, 0);
      try (var engine = new ProposalEngine(model, OPTIONS.withThreads(2), limits, shapes)) {
        List<List<Proposal>> together = engine.propose(maps, padded, pictures).toList();
        for (int picture = 0; picture < 3; picture++) {
          assertThat(
                  engine
                      .propose(only(maps, picture), padded, List.of(pictures.get(picture)))
                      .toList(0))
              .as("%d levels, %s, picture %d of %s", levels, padded, picture, pictures)
              .isEqualTo(together.get(picture))
              .isEqualTo(naive(model, maps, padded, pictures, picture, limits));
        }
        assertThat(together).anySatisfy(found -> assertThat(found).isNotEmpty());
      }
    }
  }

  private static ProposalModel pyramid(Profile profile, int levels) {
    var sizes = new ArrayList<List<Float>>();
    var strides = new ArrayList<Integer>();
    for (int level = 0; level < levels; level++) {
      sizes.add(List.of((float) (20 << level)));
      strides.add(4 << level);
    }
    return new ProposalModel(
        PYRAMID.network(),
        new AnchorRecipe(sizes, List.of(0.5f, 1f, 2f), strides),
        profile,
        PYRAMID.preprocessing());
  }

  /** The maps of one picture of a batch. */
  private static List<FeatureMap> only(List<FeatureMap> maps, int picture) {
    return maps.stream()
        .map(map -> {
          MapShape all = map.shape();
          var one = new MapShape(1, all.height(), all.width(), all.channels());
          return new FeatureMap(one, map.values().asSlice(picture * one.bytes(), one.bytes()));
        })
        .toList();
  }

  /** The definition, on what the head gives for the batch. */
  private static List<Proposal> naive(
      ProposalModel model,
      List<FeatureMap> maps,
      Size padded,
      List<Size> pictures,
      int picture,
      ProposalLimits limits) {
    MapShape[] shapes = maps.stream().map(FeatureMap::shape).toArray(MapShape[]::new);
    try (var network = new NetworkEngine(model.network(), OPTIONS, shapes)) {
      var outputs = new ArrayList<HeadOutput>();
      var grids = new ArrayList<Size>();
      for (int level = 0; level < shapes.length; level++) {
        network.forward(level, shapes[level], maps.get(level).values());
        outputs.add(new HeadOutput(network.logits(level), network.deltas(level)));
        grids.add(new Size(shapes[level].height(), shapes[level].width()));
      }
      return NaiveProposals.select(
          model.profile(),
          new Anchors(model.anchors(), model.profile(), padded, grids),
          outputs,
          picture,
          pictures.get(picture),
          limits);
    }
  }

  @Test
  void statesItsFootprintBeforeAndKeepsTheCallersLimits() {
    FeatureMap picture = map(1, 20, 24, 3);
    ProposalLimits limits = Profile.TORCHVISION.selection().inference().withCounts(50, 7);
    try (var engine = new ProposalEngine(PICTURES, OPTIONS, limits, picture.shape())) {
      assertThat(engine.footprint())
          .isEqualTo(ProposalEngine.footprint(PICTURES, OPTIONS, limits, picture.shape()));
      assertThat(engine.footprint().heapBytes()).isPositive();
      Proposals proposals = engine.propose(picture.shape(), picture.values());
      assertThat(proposals.requireFinite().count(0)).isEqualTo(7);
    }
  }

  @Test
  void aNanPixelSpoilsNoProposalAndIsCounted() {
    FeatureMap picture = map(1, 20, 24, 3);
    picture.values().setAtIndex(ValueLayout.JAVA_FLOAT, 77, Float.NaN);
    try (var engine = new ProposalEngine(PICTURES, OPTIONS, picture.shape())) {
      Proposals proposals = engine.propose(picture.shape(), picture.values());
      assertThat(proposals.dropped(0)).isPositive();
      assertThatThrownBy(proposals::requireFinite)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "picture 0: expected finite logits and boxes, got NaN or infinity at "
                  + proposals.dropped(0)
                  + " anchors");
      assertThat(proposals.count(0)).isPositive();
      for (Proposal p : proposals.toList(0)) {
        assertThat(p.score()).isFinite();
        assertThat(p.box().area()).isFinite();
      }
    }
  }

  @Test
  void warmsUp() {
    try (var engine = new ProposalEngine(PICTURES, OPTIONS, new MapShape(1, 20, 24, 3))) {
      assertThat(engine.warmUp(new Size(20, 24), new MapShape(1, 20, 24, 3)).steady()).isPositive();
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    FeatureMap fine = map(1, 8, 10, 6);
    FeatureMap coarse = map(2, 4, 5, 6);
    Size size = new Size(32, 40);
    assertThatThrownBy(() -> new ProposalEngine(PYRAMID, OPTIONS, fine.shape()).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("levels: expected 2, got 1");
    try (var engine = new ProposalEngine(PYRAMID, OPTIONS, fine.shape(), coarse.shape())) {
      assertThatThrownBy(() -> engine.propose(List.of(fine), size, List.of(size)))
          .hasMessage("levels: expected 2, got 1");
      assertThatThrownBy(() -> engine.propose(List.of(fine, coarse), size, List.of(size)))
          .hasMessage("level 1: batch: expected 1, one a picture size, got 2");
      assertThatThrownBy(() -> engine.propose(fine.shape(), fine.values()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no backbone");
    }
  }

  @Test
  void closesTwiceAndRefusesCallsThen() {
    FeatureMap picture = map(1, 20, 24, 3);
    var engine = new ProposalEngine(PICTURES, OPTIONS, picture.shape());
    engine.close();
    engine.close();
    assertThatThrownBy(() -> engine.propose(picture.shape(), picture.values()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("engine: closed");
  }
}
