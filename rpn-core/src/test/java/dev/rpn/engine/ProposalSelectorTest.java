package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.management.ThreadMXBean;
import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.kernel.KernelTestSupport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProposalSelectorTest {
  private static final Size PICTURE = new Size(120, 160);
  private static final ProposalLimits LIMITS = new ProposalLimits(100, 30, 0.7, 0);

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Arena arena = Arena.ofAuto();

  private static Anchors twoLevels(Profile profile) {
    var recipe =
        new AnchorRecipe(
            List.of(List.of(20f, 30f), List.of(40f, 60f)), List.of(0.5f, 1f, 2f), List.of(8, 16));
    return new Anchors(recipe, profile, PICTURE, List.of(new Size(15, 20), new Size(7, 10)));
  }

  /** One level of one row: boxes of 10 x 10 that do not overlap, 20 apart. */
  private static Anchors row(Profile profile, int count) {
    var recipe = AnchorRecipe.of(List.of(10f), List.of(1f), 20);
    var size = new Size(20, 20 * count);
    return new Anchors(recipe, profile, size, List.of(new Size(1, count)));
  }

  private MemorySegment floats(float... values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  private List<Integer> anchorsOf(Profile profile, ProposalLimits limits, float... logits) {
    Anchors anchors = row(profile, logits.length);
    var output = new HeadOutput(floats(logits), floats(new float[4 * logits.length]));
    return new ProposalSelector(profile, anchors, 1, limits)
            .select(anchors, List.of(output), List.of(new Size(20, 20 * logits.length)), limits)
            .toList(0)
            .stream()
            .map(Proposal::anchor)
            .toList();
  }

  /** Values on a coarse scale, so that many tie; some are NaN or infinite. */
  private HeadOutput random(Random random, int rows, boolean poisoned) {
    float[] logits = new float[rows];
    float[] deltas = new float[4 * rows];
    for (int i = 0; i < rows; i++) {
      logits[i] = Math.round(4 * random.nextGaussian()) * (random.nextInt(10) == 0 ? 5f : 0.5f);
    }
    for (int i = 0; i < 4 * rows; i++) {
      deltas[i] = Math.round(8 * random.nextGaussian()) / 16f;
    }
    if (poisoned) {
      float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
      for (int i = 0; i < rows / 10; i++) {
        logits[random.nextInt(rows)] = bad[random.nextInt(3)];
        deltas[random.nextInt(4 * rows)] = bad[random.nextInt(3)];
      }
    }
    return new HeadOutput(floats(logits), floats(deltas));
  }

  @ParameterizedTest
  @ValueSource(strings = {"torchvision", "detectron2", "pyfrcnn", "keras"})
  void selectsWhatTheNaiveWaySelects(String name) {
    Profile profile = Profile.named(name);
    Random random = KernelTestSupport.random("select " + name);
    Anchors anchors = twoLevels(profile);
    var selector = new ProposalSelector(profile, anchors, 2, LIMITS);
    List<Size> pictures = List.of(PICTURE, new Size(100, 90));
    for (int round = 0; round < 20; round++) {
      var limits =
          new ProposalLimits(
              1 + random.nextInt(2500),
              1 + random.nextInt(400),
              random.nextInt(11) / 10.0,
              random.nextInt(4) == 0 ? 0.5f : 0);
      var outputs = new ArrayList<HeadOutput>();
      for (int level = 0; level < 2; level++) {
        outputs.add(random(random, 2 * anchors.count(level), round % 2 == 1));
      }
      Proposals proposals = selector.select(anchors, outputs, pictures, limits);
      for (int picture = 0; picture < 2; picture++) {
        assertThat(proposals.toList(picture))
            .as("round %d, picture %d, %s", round, picture, limits)
            .isEqualTo(
                NaiveProposals.select(
                    profile, anchors, outputs, picture, pictures.get(picture), limits));
        assertThat(proposals.dropped(picture) > 0).isEqualTo(round % 2 == 1);
      }
    }
  }

  @Test
  void tiesGoToTheLowerLevelThenTheLowerIndex() {
    assertThat(anchorsOf(Profile.TORCHVISION, LIMITS, 1, 2, 1, 2)).containsExactly(1, 3, 0, 2);
    Profile profile = Profile.DETECTRON2;
    Anchors anchors = twoLevels(profile);
    var outputs = new ArrayList<HeadOutput>();
    for (int level = 0; level < 2; level++) {
      int rows = anchors.count(level);
      outputs.add(new HeadOutput(floats(new float[rows]), floats(new float[4 * rows])));
    }
    var limits = new ProposalLimits(5000, 5000, 1, 0);
    List<Proposal> proposals =
        new ProposalSelector(profile, anchors, 1, limits)
            .select(anchors, outputs, List.of(PICTURE), limits)
            .toList(0);
    for (int i = 1; i < proposals.size(); i++) {
      Proposal a = proposals.get(i - 1);
      Proposal b = proposals.get(i);
      boolean ordered =
          a.level() < b.level() || (a.level() == b.level() && a.anchor() < b.anchor());
      assertThat(ordered).as("%s before %s", a, b).isTrue();
    }
    assertThat(proposals).hasSizeGreaterThan(2000);
  }

  @Test
  void saturatedProbabilitiesTieButTheirLogitsDoNot() {
    assertThat(anchorsOf(Profile.TORCHVISION, LIMITS, 18, 20)).containsExactly(0, 1);
    assertThat(anchorsOf(Profile.DETECTRON2, LIMITS, 18, 20)).containsExactly(1, 0);
  }

  @Test
  void lowScoresGo() {
    assertThat(anchorsOf(Profile.TORCHVISION, LIMITS.withMinScore(0.5f), -1, 0, 1))
        .containsExactly(2, 1);
  }

  @Test
  void pyFasterRcnnPicksTheBestOfTheLargeBoxesOthersOfAll() {
    Profile profile = Profile.PYFRCNN;
    var recipe = AnchorRecipe.of(List.of(32f), List.of(1f), 100);
    var size = new Size(40, 240);
    Anchors anchors = new Anchors(recipe, profile, size, List.of(new Size(1, 3)));
    // The best box shrinks to a quarter: below 16 pixels.
    float quarter = (float) Math.log(0.25);
    var output =
        new HeadOutput(floats(3, 2, 1), floats(0, 0, quarter, quarter, 0, 0, 0, 0, 0, 0, 0, 0));
    var one = new ProposalLimits(1, 1, 0.7, 0);
    var selector = new ProposalSelector(profile, anchors, 1, one);
    List<Proposal> kept = selector.select(anchors, List.of(output), List.of(size), one).toList(0);
    assertThat(kept).extracting(Proposal::anchor).containsExactly(1);
  }

  @Test
  void nothingFiniteGivesNoProposals() {
    float nan = Float.NaN;
    Anchors anchors = row(Profile.TORCHVISION, 3);
    var output = new HeadOutput(floats(nan, nan, 1), floats(0, 0, 0, 0, 0, 0, 0, 0, nan, 0, 0, 0));
    Proposals proposals =
        new ProposalSelector(Profile.TORCHVISION, anchors, 1, LIMITS)
            .select(anchors, List.of(output), List.of(PICTURE), LIMITS);
    assertThat(proposals.count(0)).isZero();
    assertThat(proposals.dropped(0)).isEqualTo(3);
  }

  @Test
  void allocatesNothingAndHoldsWhatItStated() {
    Profile profile = Profile.TORCHVISION;
    Anchors anchors = twoLevels(profile);
    var limits = new ProposalLimits(1000, 300, 0.7, 0);
    var random = KernelTestSupport.random("allocation");
    List<HeadOutput> outputs =
        List.of(random(random, anchors.count(0), false), random(random, anchors.count(1), false));
    List<Size> pictures = List.of(PICTURE);
    long before = allocated();
    var selector = new ProposalSelector(profile, anchors, 1, limits);
    long held = allocated() - before;
    // Beside the arrays there are their headers and a few small objects.
    assertThat(held)
        .isBetween(
            ProposalSelector.workspaceBytes(anchors, 1, limits),
            ProposalSelector.workspaceBytes(anchors, 1, limits) + 4096);
    // The Java runtime itself allocates now and then while it compiles: the least of some trials.
    long least = Long.MAX_VALUE;
    for (int trial = 0; trial < 20 && least > 0; trial++) {
      before = allocated();
      for (int i = 0; i < 20; i++) {
        selector.select(anchors, outputs, pictures, limits);
      }
      least = Math.min(least, allocated() - before);
    }
    assertThat(least).isZero();
  }

  private static long allocated() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Anchors anchors = row(Profile.TORCHVISION, 2);
    var selector = new ProposalSelector(Profile.TORCHVISION, anchors, 1, LIMITS);
    var output = new HeadOutput(floats(1, 2), floats(new float[8]));
    var wrong = new HeadOutput(floats(1, 2), floats(new float[9]));
    List<Size> one = List.of(PICTURE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> selector.select(anchors, List.of(), one, LIMITS))
        .withMessage("head outputs: levels: expected 1, got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> selector.select(anchors, List.of(output), List.of(), LIMITS))
        .withMessage("pictures: expected at least 1, got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> selector.select(anchors, List.of(wrong), one, LIMITS))
        .withMessage("deltas: expected 32 bytes (8 values), got 36");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> selector.select(anchors, List.of(output), List.of(PICTURE, PICTURE), LIMITS))
        .withMessage("logits: expected 16 bytes (4 values), got 8");
  }
}
