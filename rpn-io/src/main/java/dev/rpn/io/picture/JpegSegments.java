package dev.rpn.io.picture;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Walks over the segments of a JPEG file (ITU T.81) before anything is decoded: finds its size,
 * refuses what is broken, truncated or not read here, and keeps only what pixels are made of.
 * Thumbnails, profiles, EXIF and comments never reach the decoder.
 */
final class JpegSegments {
  /** Makes a decoder that goes by the markers alone read three components as YCbCr. */
  private static final byte[] JFIF = {
    (byte) 0xff, (byte) 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };

  /** A progressive file has about ten; each goes over the whole picture. */
  private static final int MAX_SCANS = 100;

  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int TEM = 0x01;

  private final Path file;
  private final byte[] bytes;
  private final ByteArrayOutputStream kept;
  private int at = 2;
  private int scans;
  private int width;
  private int height;
  private boolean jfif;

  /** Adobe's colour transform, or -1 without that segment. */
  private int adobeTransform = -1;

  /** The three components are named R, G and B. */
  private boolean namedRgb;

  JpegSegments(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
    this.kept = new ByteArrayOutputStream(bytes.length + JFIF.length);
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  /** The file without what is not needed; fills in the size on the way. */
  byte[] essential() throws PictureFormatException {
    for (int marker = marker(); marker != EOI; marker = marker()) {
      if (isRestart(marker) || marker == TEM) {
        continue;
      }
      if (marker == SOI) {
        throw wrong("one picture", "a second start of one at byte " + (at - 2));
      }
      segment(marker);
    }
    if (scans == 0) {
      throw wrong("pixels", "none");
    }
    byte[] body = kept.toByteArray();
    ByteArrayOutputStream whole = new ByteArrayOutputStream(body.length + JFIF.length + 4);
    whole.write(0xff);
    whole.write(SOI);
    if (isYcc()) {
      whole.writeBytes(JFIF);
    }
    whole.writeBytes(body);
    whole.write(0xff);
    whole.write(EOI);
    return whole.toByteArray();
  }

  /** As libjpeg decides: JFIF, else Adobe's word, else the components' names. */
  private boolean isYcc() {
    return jfif || (adobeTransform >= 0 ? adobeTransform != 0 : !namedRgb);
  }

  /** Passes over fill bytes and returns the next marker's code. */
  private int marker() throws PictureFormatException {
    need(2);
    if (bytes[at] != (byte) 0xff) {
      throw wrong("a marker at byte " + at, "0x" + Integer.toHexString(bytes[at] & 255));
    }
    while (at < bytes.length && bytes[at] == (byte) 0xff) {
      at++;
    }
    need(1);
    return bytes[at++] & 255;
  }

  private void segment(int marker) throws PictureFormatException {
    need(2);
    int length = unsigned16(at);
    if (length < 2) {
      throw wrong("a segment length of at least 2 at byte " + at, Integer.toString(length));
    }
    need(length);
    int start = at + 2;
    int end = at + length;
    if (marker == 0xe0) {
      jfif |= startsWith(start, end, "JFIF\0");
    } else if (marker == 0xee) {
      if (end - start >= 12 && startsWith(start, end, "Adobe")) {
        adobeTransform = bytes[start + 11] & 255;
      }
    } else if (marker < 0xe0 || (marker > 0xef && marker != 0xfe)) {
      if (isFrame(marker)) {
        frame(marker, start, end);
      }
      if (marker == SOS) {
        if (width == 0) {
          throw wrong("a frame header before the pixels", "none");
        }
        if (++scans > MAX_SCANS) {
          throw wrong("at most " + MAX_SCANS + " scans", "more");
        }
        end = endOfScan(end);
      }
      kept.write(0xff);
      kept.write(marker);
      kept.write(bytes, at, end - at);
    }
    at = end;
  }

  /** SOF0 to SOF15, without the three codes between them that mean something else. */
  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private void frame(int marker, int start, int end) throws PictureFormatException {
    if (marker > 0xc2) {
      throw wrong("baseline or progressive JPEG", "lossless, hierarchical or arithmetic coding");
    }
    if (width != 0) {
      throw wrong("one frame header", "another at byte " + start);
    }
    int components = end - start >= 6 ? bytes[start + 5] & 255 : 0;
    if (end - start != 6 + 3 * components || components == 0) {
      throw wrong("a frame header of some components", (end - start) + " bytes");
    }
    if (bytes[start] != 8) {
      throw wrong("8 bits a sample", Integer.toString(bytes[start] & 255));
    }
    if (components != 1 && components != 3) {
      throw wrong(
          "1 (grey) or 3 (colour) components",
          components + (components == 4 ? " (CMYK; convert it to RGB first)" : ""));
    }
    checkSize(components, start);
    namedRgb = components == 3 && names(start).equals("RGB");
  }

  private String names(int frame) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      names.append((char) (bytes[frame + 6 + 3 * i] & 255));
    }
    return names.toString();
  }

  private void checkSize(int components, int frame) throws PictureFormatException {
    int sum = 0;
    int widest = 1;
    int highest = 1;
    for (int i = 0; i < components; i++) {
      int sampling = bytes[frame + 7 + 3 * i] & 255;
      int across = sampling >> 4;
      int down = sampling & 15;
      if (across < 1 || across > 4 || down < 1 || down > 4) {
        throw wrong("sampling factors of 1 to 4", across + " and " + down);
      }
      widest = Math.max(widest, across);
      highest = Math.max(highest, down);
      sum += across * down;
    }
    int rows = unsigned16(frame + 1);
    int columns = unsigned16(frame + 3);
    // Every block of 8 x 8 samples takes at least one bit.
    long blocks = (long) columns * rows * sum / ((long) widest * highest) / 64;
    PictureReader.checkSize(file, columns, rows, blocks / 8, bytes.length);
    width = columns;
    height = rows;
  }

  /** The first marker after the entropy-coded bytes that is no restart marker. */
  private int endOfScan(int from) throws PictureFormatException {
    for (int i = from; i + 1 < bytes.length; i++) {
      if (bytes[i] == (byte) 0xff) {
        int next = bytes[i + 1] & 255;
        if (next != 0 && next != 0xff && !isRestart(next)) {
          return i;
        }
      }
    }
    throw wrong("an end of the picture", "a file of " + bytes.length + " bytes without one");
  }

  private static boolean isRestart(int marker) {
    return marker >= 0xd0 && marker <= 0xd7;
  }

  private boolean startsWith(int start, int end, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
    return end - start >= wanted.length
        && Arrays.equals(bytes, start, start + wanted.length, wanted, 0, wanted.length);
  }

  private int unsigned16(int index) {
    return (bytes[index] & 255) << 8 | (bytes[index + 1] & 255);
  }

  private void need(int count) throws PictureFormatException {
    if (bytes.length - at < count) {
      throw wrong(count + " bytes at " + at, "a file of " + bytes.length + " bytes");
    }
  }

  private PictureFormatException wrong(String expected, String actual) {
    return new PictureFormatException(file, expected, actual);
  }
}
