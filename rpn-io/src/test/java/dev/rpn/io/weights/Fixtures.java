package dev.rpn.io.weights;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Files among the test resources. */
final class Fixtures {
  private Fixtures() {}

  static Path file(String name) {
    URL url = Fixtures.class.getResource("/" + name);
    if (url == null) {
      throw new AssertionError("no test resource " + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
