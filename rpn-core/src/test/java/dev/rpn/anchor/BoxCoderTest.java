package dev.rpn.anchor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.kernel.KernelTestSupport;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoxCoderTest {
  private static final float LN2 = 0.6931472f;

  @Test
  void decodesAroundTheCentre() {
    var coder = new BoxCoder(Profile.TORCHVISION);
    // Centre (20, 10) moves by half a width and a quarter of a height; width doubles.
    Box box = coder.decode(new Box(10, 0, 30, 20), 0.5f, -0.25f, LN2, 0);
    assertThat(box.x1()).isCloseTo(10, within(1e-5f));
    assertThat(box.y1()).isEqualTo(-5);
    assertThat(box.x2()).isCloseTo(50, within(1e-5f));
    assertThat(box.y2()).isEqualTo(15);
  }

  @Test
  void pyFasterRcnnCountsTheLastPixel() {
    var coder = new BoxCoder(Profile.PYFRCNN);
    // 184 x 96 about (9, 9); to 368 x 96 about (101, -15).
    Box box = coder.decode(new Box(-83, -39, 100, 56), 0.5f, -0.25f, LN2, 0);
    float[] corners = {box.x1(), box.y1(), box.x2(), box.y2()};
    assertThat(corners).containsExactly(new float[] {-83, -63, 285, 33}, within(1e-4f));
    coder.clip(corners, 0, new Size(30, 200));
    assertThat(corners).containsExactly(0, 0, 199, 29);
  }

  @Test
  void growthIsLimitedUpwardsOnly() {
    var coder = new BoxCoder(Profile.TORCHVISION);
    Box box = coder.decode(new Box(0, 0, 16, 16), 0, 0, 100, -100);
    assertThat(box.width()).isCloseTo(1000, within(1e-2f));
    assertThat(box.height()).isZero();
    assertThat(coder.decode(new Box(0, 0, 16, 16), 0, 0, Float.POSITIVE_INFINITY, 0))
        .satisfies(b -> assertThat(b.width()).isCloseTo(1000, within(1e-2f)));
  }

  @Test
  void pyFasterRcnnsGrowthCoversEveryPicture() {
    var coder = new BoxCoder(Profile.PYFRCNN);
    float[] box = {0, 0, 15, 15};
    coder.decode(box, 0, 0, 0, 1000, 80);
    assertThat(box).doesNotContain(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
    coder.clip(box, 0, new Size(600, 1000));
    assertThat(box).containsExactly(0, 0, 999, 599);
  }

  @ParameterizedTest
  @ValueSource(strings = {"torchvision", "detectron2", "pyfrcnn", "keras"})
  void encodingIsTheInverse(String name) {
    var profile = Profile.named(name);
    var coder = new BoxCoder(profile);
    // py-faster-rcnn's decoder does not take back the pixel that its encoder adds.
    float extra = profile.boxes().pixelOffset();
    Random random = KernelTestSupport.random("encode " + name);
    for (int i = 0; i < 1000; i++) {
      float[] anchor = randomBox(random);
      float[] truth = randomBox(random);
      float[] deltas = new float[4];
      coder.encode(anchor, 0, truth, 0, deltas, 0);
      coder.decode(anchor, 0, deltas[0], deltas[1], deltas[2], deltas[3]);
      anchor[2] -= extra;
      anchor[3] -= extra;
      assertThat(anchor).as("case %d", i).containsExactly(truth, within(2e-3f));
    }
  }

  private static float[] randomBox(Random random) {
    float x = 500 * random.nextFloat();
    float y = 500 * random.nextFloat();
    return new float[] {x, y, x + 10 + 200 * random.nextFloat(), y + 10 + 200 * random.nextFloat()};
  }

  @Test
  void encodesByHand() {
    float[] deltas = new float[4];
    new BoxCoder(Profile.TORCHVISION)
        .encode(new float[] {0, 0, 10, 20}, 0, new float[] {5, 0, 25, 10}, 0, deltas, 0);
    assertThat(deltas).containsExactly(new float[] {1, -0.25f, LN2, -LN2}, within(1e-7f));
    // [0, 9] is ten pixels, centre 5 in its reckoning; [5, 24] is twenty, centre 15.
    new BoxCoder(Profile.PYFRCNN)
        .encode(new float[] {0, 0, 9, 19}, 0, new float[] {5, 0, 24, 9}, 0, deltas, 0);
    assertThat(deltas).containsExactly(new float[] {1, -0.25f, LN2, -LN2}, within(1e-7f));
  }

  @Test
  void smallestSides() {
    float[] exact = {0, 0, 1e-3f, 1};
    float[] below = {0, 0, 0.9e-3f, 1};
    float[] empty = {0, 0, 0, 1};
    float[] sixteenPixels = {0, 0, 15, 15};
    float[] fifteenPixels = {0, 0, 15, 14};
    float[] nan = {0, 0, Float.NaN, 1};
    var torchvision = new BoxCoder(Profile.TORCHVISION);
    assertThat(torchvision.largeEnough(exact, 0)).isTrue();
    assertThat(torchvision.largeEnough(below, 0)).isFalse();
    assertThat(torchvision.largeEnough(nan, 0)).isFalse();
    var detectron2 = new BoxCoder(Profile.DETECTRON2);
    assertThat(detectron2.largeEnough(below, 0)).isTrue();
    assertThat(detectron2.largeEnough(empty, 0)).isFalse();
    var pyfrcnn = new BoxCoder(Profile.PYFRCNN);
    assertThat(pyfrcnn.largeEnough(sixteenPixels, 0)).isTrue();
    assertThat(pyfrcnn.largeEnough(fifteenPixels, 0)).isFalse();
  }

  @Test
  void nanComesOutAsNan() {
    var coder = new BoxCoder(Profile.TORCHVISION);
    float[] box = {0, 0, 16, 16};
    coder.decode(box, 0, 0, 0, Float.NaN, 0);
    coder.clip(box, 0, new Size(10, 10));
    assertThat(box[0]).isNaN();
    assertThat(box[1]).isZero();
  }
}
