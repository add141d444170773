package dev.rpn.io.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "16x12", "53x61", "74x58", "37x10", "10x29", "1x1", "1x40", "90x3", "38x30", "36x28",
        "19x15"
      })
  void resizesToTheSameBytesAsPillow(String size) throws IOException {
    Picture source = Picture.read(PictureFixtures.resize("source.png"));
    Picture expected = Picture.read(PictureFixtures.resize(size + ".png"));
    Picture actual = source.resize(expected.width(), expected.height());
    assertThat(actual.toBytes()).isEqualTo(expected.toBytes());
  }

  @Test
  void keepsAPictureOfTheRightSize() {
    Picture picture = Picture.of(2, 1, new byte[6]);
    assertThat(picture.resize(2, 1)).isSameAs(picture);
  }

  @Test
  void aWhitePictureStaysWhite() {
    byte[] white = new byte[31 * 17 * 3];
    java.util.Arrays.fill(white, (byte) 255);
    Picture resized = Picture.of(31, 17, white).resize(13, 40);
    assertThat(resized.toBytes()).containsOnly(255);
  }

  @Test
  void neverChanges() {
    byte[] bytes = {1, 2, 3};
    Picture picture = Picture.of(1, 1, bytes);
    bytes[0] = 9;
    picture.toBytes()[1] = 9;
    assertThat(picture.rgb(0, 0)).isEqualTo(0x010203);
  }

  @Test
  void refusesSizesAndArraysThatDoNotFit() {
    assertThatThrownBy(() -> Picture.of(2, 2, new byte[11]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rgb: expected 12 bytes for 2 x 2 pixels, got 11");
    assertThatThrownBy(() -> Picture.of(0, 2, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 0 x 2");
    Picture dot = Picture.of(1, 1, new byte[3]);
    assertThatThrownBy(() -> dot.resize(60_000, 60_000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 100000000 pixels, got 60000 x 60000");
    assertThatThrownBy(() -> dot.rgb(1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Picture.of(1, 1, null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("rgb");
  }

  @Test
  void refusesToPassThroughAPictureThatIsTooLarge() {
    Picture column = Picture.of(1, 60_000, new byte[180_000]);
    assertThatThrownBy(() -> column.resize(60_000, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 60000 x 60000");
  }
}
