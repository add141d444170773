package dev.rpn.io.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * Keras's {@code .keras}: a zip of {@code config.json}, {@code metadata.json} and the weights as
 * HDF5.
 */
final class KerasArchive {
  static final String WEIGHTS = "model.weights.h5";

  private static final String CONFIG = "config.json";
  private static final int LONGEST_CONFIG = 16 << 20;

  private KerasArchive() {}

  static TensorFile open(Path file) throws IOException {
    try (ZipArchive zip = ZipArchive.open(file)) {
      Map<String, String> names = Map.of();
      if (zip.contains(CONFIG)) {
        Place place = zip.place().entry(CONFIG);
        names = KerasConfig.groups(KerasConfig.parse(place, config(place, zip)));
      }
      try (InputStream in = zip.open(WEIGHTS)) {
        return KerasFile.open(zip.place().entry(WEIGHTS), in, zip.size(WEIGHTS), names);
      }
    }
  }

  private static byte[] config(Place place, ZipArchive zip) throws IOException {
    if (zip.size(CONFIG) > LONGEST_CONFIG) {
      throw place.limit("at most " + LONGEST_CONFIG + " bytes", zip.size(CONFIG));
    }
    try (InputStream in = zip.open(CONFIG)) {
      return in.readAllBytes();
    }
  }
}
