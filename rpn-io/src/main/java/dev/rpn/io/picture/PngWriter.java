package dev.rpn.io.picture;

import dev.rpn.io.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes pictures as PNG. */
final class PngWriter {
  private PngWriter() {}

  static void write(Picture picture, Path file) throws IOException {
    BufferedImage image = Images.toBuffered(picture);
    AtomicFile.write(
        file,
        out -> {
          try (var stream = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(image, "png", stream)) {
              throw new IOException("this Java has no PNG writer");
            }
          }
        });
  }
}
