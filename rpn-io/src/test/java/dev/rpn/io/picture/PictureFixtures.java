package dev.rpn.io.picture;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files made by tools/make_picture_fixtures.py. */
final class PictureFixtures {
  private PictureFixtures() {}

  static Path format(String name) {
    return path("format/" + name);
  }

  static Path resize(String name) {
    return path("resize/" + name);
  }

  static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(format(name));
  }

  private static Path path(String name) {
    try {
      return Path.of(PictureFixtures.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
