package dev.rpn.io.picture;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes JPEG with Java's own decoder, after {@link JpegSegments} has let the file through. */
final class JpegDecoder {
  private final Path file;
  private final byte[] bytes;

  JpegDecoder(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  static boolean isJpeg(byte[] bytes) {
    return bytes.length >= 3
        && bytes[0] == (byte) 0xff
        && bytes[1] == (byte) 0xd8
        && bytes[2] == (byte) 0xff;
  }

  Picture decode() throws IOException {
    JpegSegments segments = new JpegSegments(file, bytes);
    byte[] essential = segments.essential();
    BufferedImage image;
    ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
    try (ImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(essential))) {
      reader.setInput(in, true, true);
      image = reader.read(0);
    } catch (IOException | RuntimeException e) {
      // The stream is in memory: whatever goes wrong, the file's content is why.
      throw new PictureFormatException(file, "JPEG data", "broken ones: " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
    if (image.getWidth() != segments.width() || image.getHeight() != segments.height()) {
      throw new PictureFormatException(
          file,
          segments.width() + " x " + segments.height() + " pixels",
          image.getWidth() + " x " + image.getHeight());
    }
    return switch (image.getType()) {
      case BufferedImage.TYPE_3BYTE_BGR -> Images.toPicture(image);
      case BufferedImage.TYPE_BYTE_GRAY -> grey(image.getRaster());
      default -> throw new PictureFormatException(file, "grey or colour", image.toString());
    };
  }

  /** Samples as they are: {@code getRGB} would take them for linear light and brighten them. */
  private static Picture grey(Raster raster) {
    int width = raster.getWidth();
    byte[] rgb = new byte[width * raster.getHeight() * 3];
    int[] row = new int[width];
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      for (int sample : raster.getSamples(0, y, width, 1, 0, row)) {
        Arrays.fill(rgb, to, to + 3, (byte) sample);
        to += 3;
      }
    }
    return Picture.owning(width, raster.getHeight(), rgb);
  }
}
