package dev.rpn.train;

import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** Golden vectors among the test resources; the scripts that made them are under tools. */
final class Golden {
  private Golden() {}

  static Map<String, NpyArray> read(String name) {
    URL url = Objects.requireNonNull(Golden.class.getResource(name), name);
    try {
      return Npz.read(Path.of(url.toURI()));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
