package dev.rpn.io.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.Box;
import dev.rpn.model.MapShape;
import dev.rpn.model.Preprocessing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class PictureInputTest {
  private static final Picture DOTS = Picture.of(2, 1, new byte[] {0, 51, -1, 10, 20, 30});

  private static float[] input(Preprocessing preprocessing, Picture picture) {
    PictureInput input = new PictureInput(preprocessing);
    MapShape shape = input.shape(picture.width(), picture.height());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(shape.bytes());
      input.write(picture, segment);
      return segment.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void scalesToMinusOneToOne() {
    assertThat(input(Preprocessing.symmetric(0, 0), DOTS))
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(-1, 51 / 127.5f - 1, 1, 10 / 127.5f - 1, 20 / 127.5f - 1, 30 / 127.5f - 1);
  }

  @Test
  void subtractsImageNetsMeansFromBlueGreenRed() {
    assertThat(input(Preprocessing.caffe(), DOTS))
        .containsExactly(
            255 - 103.939f, 51 - 116.779f, -123.68f, 30 - 103.939f, 20 - 116.779f, 10 - 123.68f);
  }

  @Test
  void resizesFirst() throws IOException {
    Picture source = Picture.read(PictureFixtures.resize("source.png"));
    Picture small = Picture.read(PictureFixtures.resize("16x12.png"));
    assertThat(input(Preprocessing.symmetric(16, 12), source))
        .isEqualTo(input(Preprocessing.symmetric(0, 0), small));
  }

  @Test
  void writesOnePictureOfABatch() {
    PictureInput input = new PictureInput(Preprocessing.caffe());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment batch = arena.allocate(18 * Float.BYTES);
      batch.fill((byte) 0x7f);
      input.write(DOTS, batch.asSlice(24, 24));
      for (int i = 0; i < 18; i++) {
        boolean within = i >= 6 && i < 12;
        int bits = batch.getAtIndex(ValueLayout.JAVA_INT, i);
        assertThat(bits == 0x7f7f7f7f).as("value %d", i).isEqualTo(!within);
      }
    }
  }

  @Test
  void refusesAnotherSize() {
    PictureInput input = new PictureInput(Preprocessing.caffe());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(20);
      assertThatThrownBy(() -> input.write(DOTS, segment))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("input: expected 24 bytes (6 values), got 20");
    }
    assertThatThrownBy(() -> input.write(DOTS, MemorySegment.ofArray(new float[6])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("native");
  }

  @Test
  void carriesBoxesThereAndBack() {
    PictureScale scale = new PictureInput(Preprocessing.symmetric(320, 240)).scale(640, 960);
    Box box = new Box(10, 20, 630, 960);
    assertThat(scale.toInput(box)).isEqualTo(new Box(5, 5, 315, 240));
    assertThat(scale.toPicture(scale.toInput(box))).isEqualTo(box);
    assertThat(new PictureInput(Preprocessing.caffe()).scale(7, 9))
        .isEqualTo(new PictureScale(7, 9, 7, 9));
    assertThat(List.of(box.width(), box.height(), box.area())).containsExactly(620f, 940f, 582800f);
  }
}
