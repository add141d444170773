package dev.rpn.io.data;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The two tiny datasets among the resources, and makers of broken ones. */
final class DatasetFixtures {
  private DatasetFixtures() {}

  static Path dataset(String name) {
    try {
      return Path.of(DatasetFixtures.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  static void copyPicture(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.copy(dataset("voc/JPEGImages/one.jpg"), file);
  }
}
