package dev.rpn.io.picture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a picture file into memory, finds out what it is and has it decoded. */
final class PictureReader {
  /**
   * No picture of at most 100 megapixels needs more, save 16-bit ones that do not compress. A small
   * heap has less room, and a JPEG's bytes are copied some times.
   */
  private static final int MAX_FILE_BYTES =
      (int) Math.min(1 << 28, Runtime.getRuntime().maxMemory() / 8);

  private PictureReader() {}

  static Picture read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (!Files.isRegularFile(file)) {
      throw new PictureFormatException(file, "a JPEG or PNG file", "no regular file");
    }
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw new PictureFormatException(
          file, "at most " + MAX_FILE_BYTES + " bytes", Files.size(file) + " bytes");
    }
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_FILE_BYTES);
    }
    if (PngDecoder.isPng(bytes)) {
      return new PngDecoder(file, bytes).decode();
    }
    if (JpegDecoder.isJpeg(bytes)) {
      return new JpegDecoder(file, bytes).decode();
    }
    throw new PictureFormatException(
        file, "a JPEG or PNG file", bytes.length == 0 ? "an empty file" : "another format");
  }

  /**
   * Refuses sizes from a header that are out of bounds, that the file is too short for, or that the
   * heap has no room for.
   *
   * @param bytesNeeded the least that any encoder needs for so many pixels
   */
  static void checkSize(Path file, long width, long height, long bytesNeeded, long bytesThere)
      throws PictureFormatException {
    if (!Picture.fits(width, height)) {
      throw new PictureFormatException(file, Picture.SIZES, width + " x " + height);
    }
    if (bytesThere < bytesNeeded) {
      throw new PictureFormatException(
          file,
          "at least " + bytesNeeded + " bytes for " + width + " x " + height + " pixels",
          bytesThere + " bytes");
    }
    // Decoded and as a picture, 3 bytes each, with a margin.
    long room = width * height * 8;
    long heap = Runtime.getRuntime().maxMemory();
    if (room > heap / 2) {
      throw new PictureFormatException(
          file,
          "a picture that " + (heap >> 20) + " MiB of Java heap have room for",
          width + " x " + height + " pixels");
    }
  }
}
