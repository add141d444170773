package dev.rpn.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.BoxCoder;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.engine.HeadOutput;
import dev.rpn.engine.ProposalSelector;
import dev.rpn.engine.Proposals;
import dev.rpn.kernel.Segments;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Stage by stage what torchvision computed: one level of nine anchors, and five levels of three.
 */
class TorchvisionParityTest {
  private static final Profile PROFILE = Profile.TORCHVISION;

  @ParameterizedTest
  @ValueSource(strings = {"c4", "fpn-proposals"})
  void anchorsAreTheSame(String name) throws IOException {
    var golden = new TorchvisionCase(name);
    assertThat(golden.anchors().toArray()).isEqualTo(golden.floats("anchors"));
  }

  @Test
  void decodedBoxesAreTheSame() throws IOException {
    var golden = new TorchvisionCase("c4");
    Anchors anchors = golden.anchors();
    float[] expected = golden.floats("decoded");
    float[] box = new float[4];
    var coder = new BoxCoder(PROFILE);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment deltas = golden.outputs(arena).get(0).deltas();
      for (int row = 0; row < golden.pictures() * anchors.count(); row++) {
        anchors.get(0, row % anchors.count(), box, 0);
        float[] d = deltas.asSlice(16L * row, 16).toArray(ValueLayout.JAVA_FLOAT);
        coder.decode(box, 0, d[0], d[1], d[2], d[3]);
        for (int i = 0; i < 4; i++) {
          assertThat(box[i]).as("row %d", row).isCloseTo(expected[4 * row + i], within(1e-4f));
        }
      }
    }
  }

  @Test
  void encodedTargetsAreTheSame() throws IOException {
    var golden = new TorchvisionCase("c4");
    float[] anchors = golden.anchors().toArray();
    float[] targets = golden.floats("targets/0");
    float[] truths = golden.floats("truth/0");
    float[] deltas = new float[4];
    var coder = new BoxCoder(PROFILE);
    int[] matches = new int[truths.length / 4];
    for (int row = 0; row < targets.length / 4; row++) {
      // The file does not say which truth an anchor was matched with: one must fit.
      int match = -1;
      for (int truth = 0; truth < truths.length / 4 && match < 0; truth++) {
        coder.encode(anchors, 4 * row, truths, 4 * truth, deltas, 0);
        int first = 4 * row;
        if (IntStream.range(0, 4).allMatch(i -> Math.abs(deltas[i] - targets[first + i]) < 1e-5)) {
          match = truth;
        }
      }
      assertThat(match).as("row %d", row).isNotNegative();
      matches[match]++;
    }
    assertThat(IntStream.of(matches).filter(n -> n > 0).count()).isGreaterThan(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"c4", "fpn-proposals"})
  void proposalsAreTheSameInTheSameOrder(String name) throws IOException {
    var golden = new TorchvisionCase(name);
    Anchors anchors = golden.anchors();
    var limits = new ProposalLimits(1000, 300, 0.7, 0);
    try (Arena arena = Arena.ofConfined()) {
      var selector = new ProposalSelector(PROFILE, anchors, golden.pictures(), limits);
      Proposals proposals =
          selector.select(
              anchors,
              golden.outputs(arena),
              Collections.nCopies(golden.pictures(), golden.picture()),
              limits);
      for (int picture = 0; picture < golden.pictures(); picture++) {
        float[] boxes = golden.floats("boxes/" + picture);
        float[] scores = golden.floats("scores/" + picture);
        assertThat(proposals.count(picture)).isEqualTo(scores.length);
        assertThat(proposals.dropped(picture)).isZero();
        for (int i = 0; i < scores.length; i++) {
          String place = "picture " + picture + ", proposal " + i;
          assertThat(proposals.score(picture, i)).as(place).isCloseTo(scores[i], within(1e-6f));
          assertThat(proposals.x1(picture, i)).as(place).isCloseTo(boxes[4 * i], within(1e-4f));
          assertThat(proposals.y1(picture, i)).as(place).isCloseTo(boxes[4 * i + 1], within(1e-4f));
          assertThat(proposals.x2(picture, i)).as(place).isCloseTo(boxes[4 * i + 2], within(1e-4f));
          assertThat(proposals.y2(picture, i)).as(place).isCloseTo(boxes[4 * i + 3], within(1e-4f));
        }
      }
    }
  }

  @Test
  void lossesOverTheSampledAnchorsAreTheSame() throws IOException {
    var golden = new TorchvisionCase("c4");
    Profile.Objective objective = PROFILE.objective();
    try (Arena arena = Arena.ofConfined()) {
      HeadOutput output = golden.outputs(arena).get(0);
      int count = golden.anchors().count();
      int rows = golden.pictures() * count;
      MemorySegment labels = Segments.allocate(arena, rows);
      MemorySegment targets = Segments.allocate(arena, 4L * rows);
      int[] positive = sampled(golden, "positive/", count);
      int[] negative = sampled(golden, "negative/", count);
      for (int row : positive) {
        labels.setAtIndex(ValueLayout.JAVA_FLOAT, row, 1);
      }
      for (int picture = 0; picture < golden.pictures(); picture++) {
        float[] values = golden.floats("targets/" + picture);
        MemorySegment.copy(
            values,
            0,
            targets,
            ValueLayout.JAVA_FLOAT,
            (long) picture * values.length * Float.BYTES,
            values.length);
      }
      int sampled = positive.length + negative.length;
      double scale = objective.normaliser().scale(rows, sampled, 256L * golden.pictures());
      MemorySegment gradients = Segments.allocate(arena, 4L * rows);
      int[] both =
          IntStream.concat(IntStream.of(positive), IntStream.of(negative)).sorted().toArray();
      double classification =
          objective
              .classification()
              .accumulateSampled(
                  output.logits(), labels, gradients, both, 0, both.length, 1, scale);
      double location =
          objective
              .location()
              .accumulateSampled(
                  output.deltas(), targets, gradients, positive, 0, positive.length, 4, scale);
      double expected = golden.get("loss_objectness").get(0);
      assertThat(classification).isCloseTo(expected, within(1e-5 * expected));
      expected = golden.get("loss_box").get(0);
      assertThat(location).isCloseTo(expected, within(1e-5 * expected));
    }
  }

  /** Rows of the batch under a mask. */
  private static int[] sampled(TorchvisionCase golden, String mask, int count) {
    var rows = IntStream.builder();
    for (int picture = 0; picture < golden.pictures(); picture++) {
      boolean[] chosen = golden.get(mask + picture).toBooleans();
      int first = picture * count;
      IntStream.range(0, count).filter(i -> chosen[i]).forEach(i -> rows.add(first + i));
    }
    return rows.build().toArray();
  }
}
