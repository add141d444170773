package dev.rpn.io.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of picture becomes the bytes that Pillow makes of it. */
class PictureReaderTest {
  static Stream<String> everyFormat() throws IOException {
    return Files.readAllLines(PictureFixtures.format("sha256.txt")).stream();
  }

  @ParameterizedTest
  @MethodSource("everyFormat")
  void readsWhatPillowReads(String line) throws IOException, GeneralSecurityException {
    String[] expected = line.split(" ");
    Picture picture = Picture.read(PictureFixtures.format(expected[0]));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(picture.toBytes());
    assertThat(picture.width() + " " + picture.height() + " " + HexFormat.of().formatHex(digest))
        .isEqualTo(expected[1] + " " + expected[2] + " " + expected[3]);
  }

  @Test
  void theContentDecidesNotTheName(@TempDir Path folder) throws IOException {
    Path misnamed = folder.resolve("picture.jpg");
    Files.write(misnamed, PictureFixtures.bytes("rgb8.png"));
    assertThat(Picture.read(misnamed)).isEqualTo(Picture.read(PictureFixtures.format("rgb8.png")));
  }

  @Test
  void aWrittenPngReadsBackTheSame(@TempDir Path folder) throws IOException {
    Picture picture = Picture.read(PictureFixtures.format("baseline420.jpg"));
    Path file = folder.resolve("copy.png");
    picture.writePng(file);
    picture.writePng(file);
    assertThat(Picture.read(file)).isEqualTo(picture);
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }
}
