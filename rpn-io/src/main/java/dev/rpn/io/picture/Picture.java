package dev.rpn.io.picture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * A colour picture in memory: 8 bits a channel, rows from the top, in each row red, green and blue
 * of one pixel after the other. It never changes.
 */
public final class Picture {
  /** Pixels of the largest picture that is read or made: 100 megapixels. */
  public static final int MAX_PIXELS = 100_000_000;

  /** Longest side, as in JPEG itself. */
  public static final int MAX_SIDE = 65_535;

  /** What {@link #fits} asks for. */
  static final String SIZES =
      "sides of 1 to " + MAX_SIDE + " and at most " + MAX_PIXELS + " pixels";

  private final int width;
  private final int height;
  private final byte[] rgb;

  private Picture(int width, int height, byte[] rgb) {
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /**
   * A picture of the given bytes, which are copied.
   *
   * @param rgb {@code height * width * 3} bytes
   * @throws IllegalArgumentException if a side is below 1, the picture passes {@link #MAX_SIDE} or
   *     {@link #MAX_PIXELS}, or the array has another length
   */
  public static Picture of(int width, int height, byte[] rgb) {
    checkSize(width, height);
    Objects.requireNonNull(rgb, "rgb");
    if (rgb.length != width * height * 3) {
      throw new IllegalArgumentException(
          "rgb: expected "
              + width * height * 3
              + " bytes for "
              + width
              + " x "
              + height
              + " pixels, got "
              + rgb.length);
    }
    return new Picture(width, height, rgb.clone());
  }

  /** The same without the copy; the caller gives the array away. */
  static Picture owning(int width, int height, byte[] rgb) {
    assert rgb.length == width * height * 3;
    return new Picture(width, height, rgb);
  }

  /**
   * Reads a JPEG (baseline or progressive) or PNG file; the content decides, not the name.
   *
   * <p>As with Pillow's {@code Image.open(file).convert("RGB")}: grey becomes three equal channels,
   * transparency is dropped, 16 bits a channel are cut to the upper 8, and neither EXIF orientation
   * nor colour profiles nor gamma are applied. Boxes of annotation tools refer to those stored
   * pixels.
   *
   * @throws PictureFormatException if the file is neither, is broken, holds what is not read here
   *     (CMYK, lossless or arithmetic JPEG), or is too large; size limits are checked against the
   *     header, before any pixel is decoded
   * @throws IOException if the file can not be read
   */
  public static Picture read(Path file) throws IOException {
    return PictureReader.read(file);
  }

  /**
   * Writes a PNG. An existing file is replaced as a whole or, where that fails, left as it was.
   *
   * @throws IOException if the file can not be written
   */
  public void writePng(Path file) throws IOException {
    PngWriter.write(this, file);
  }

  /**
   * Resizes as Pillow's {@code Image.resize((width, height), Image.BILINEAR)} does, to the same
   * bytes: a triangle filter, stretched when shrinking, over rows and then over columns.
   *
   * @return this picture if it has that size already
   * @throws IllegalArgumentException if a side is below 1, or the picture or what lies between the
   *     two passes, {@code newWidth x height}, is too large
   */
  public Picture resize(int newWidth, int newHeight) {
    checkSize(newWidth, newHeight);
    checkSize(newWidth, height);
    return newWidth == width && newHeight == height
        ? this
        : BilinearResize.resize(this, newWidth, newHeight);
  }

  /** Columns. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /**
   * One pixel as {@code 0xRRGGBB}.
   *
   * @throws IndexOutOfBoundsException if it lies outside the picture
   */
  public int rgb(int x, int y) {
    Objects.checkIndex(x, width);
    Objects.checkIndex(y, height);
    int at = (y * width + x) * 3;
    return (rgb[at] & 255) << 16 | (rgb[at + 1] & 255) << 8 | (rgb[at + 2] & 255);
  }

  /** A copy of the bytes: {@code height * width * 3}. */
  public byte[] toBytes() {
    return rgb.clone();
  }

  /** The bytes themselves, for readers of this package. */
  byte[] data() {
    return rgb;
  }

  /** Whether a picture may have these sides. */
  static boolean fits(long width, long height) {
    return width >= 1
        && height >= 1
        && width <= MAX_SIDE
        && height <= MAX_SIDE
        && width * height <= MAX_PIXELS;
  }

  private static void checkSize(int width, int height) {
    if (!fits(width, height)) {
      throw new IllegalArgumentException(
          "picture: expected " + SIZES + ", got " + width + " x " + height);
    }
  }

  /** Equal size and bytes. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Picture that
        && width == that.width
        && height == that.height
        && Arrays.equals(rgb, that.rgb);
  }

  @Override
  public int hashCode() {
    return (width * 31 + height) * 31 + Arrays.hashCode(rgb);
  }

  @Override
  public String toString() {
    return "Picture[" + width + " x " + height + "]";
  }
}
