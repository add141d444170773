package dev.rpn.io.picture;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes PNG (ISO/IEC 15948): every colour type and depth, interlaced or not. Ancillary chunks are
 * passed over unread, so neither text, profiles nor transparency can cost anything.
 */
final class PngDecoder {
  private static final byte[] SIGNATURE = {(byte) 137, 'P', 'N', 'G', '\r', '\n', 26, '\n'};
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504c5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;

  /** Bit of a chunk's type that says that a reader may pass it over. */
  private static final int ANCILLARY = 0x20000000;

  /** Deflate never makes more than this of a byte. */
  private static final int MAX_INFLATION = 1032;

  /** Adam7: first column and row, distance of columns and of rows, of every pass. */
  private static final int[][] INTERLACED = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final int[][] PLAIN = {{0, 0, 1, 1}};

  private final Path file;
  private final ByteBuffer in;

  /** Bytes of all IDAT chunks, joined at the start of the file's own: there may be millions. */
  private int compressed;

  private final Inflater inflater = new Inflater();
  private byte[] palette = new byte[0];
  private int width;
  private int height;
  private int depth;
  private int colourType;
  private boolean interlaced;

  PngDecoder(Path file, byte[] bytes) {
    this.file = file;
    this.in = ByteBuffer.wrap(bytes);
  }

  static boolean isPng(byte[] bytes) {
    return bytes.length >= SIGNATURE.length
        && Arrays.equals(bytes, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  Picture decode() throws PictureFormatException {
    readChunks();
    inflater.setInput(in.array(), 0, compressed);
    byte[] rgb = new byte[width * height * 3];
    try {
      for (int[] pass : interlaced ? INTERLACED : PLAIN) {
        decode(pass, rgb);
      }
    } finally {
      inflater.end();
    }
    return Picture.owning(width, height, rgb);
  }

  private void readChunks() throws PictureFormatException {
    in.position(SIGNATURE.length);
    for (int type = 0; type != IEND; ) {
      if (in.remaining() < 12) {
        throw truncated(12);
      }
      int start = in.position();
      int length = in.getInt();
      if (length < 0 || length > in.remaining() - 8) {
        throw truncated(Integer.toUnsignedLong(length) + 12);
      }
      type = in.getInt();
      ByteBuffer data = in.slice(in.position(), length);
      in.position(in.position() + length);
      boolean first = start == SIGNATURE.length;
      if (first != (type == IHDR) || (first && length != 13)) {
        throw wrong("one IHDR chunk of 13 bytes at the start", name(type) + " at byte " + start);
      }
      if ((type & ANCILLARY) == 0) {
        checkSum(start + 4, length + 4, in.getInt());
        readCritical(type, data);
      } else {
        in.getInt();
      }
    }
  }

  private void checkSum(int start, int length, int expected) throws PictureFormatException {
    CRC32 crc = new CRC32();
    crc.update(in.slice(start, length));
    if ((int) crc.getValue() != expected) {
      throw wrong(
          "checksum "
              + Integer.toHexString((int) crc.getValue())
              + " for the chunk at byte "
              + start,
          Integer.toHexString(expected));
    }
  }

  private void readCritical(int type, ByteBuffer data) throws PictureFormatException {
    switch (type) {
      case IHDR -> readHeader(data);
      case PLTE -> {
        if (data.remaining() % 3 != 0 || data.remaining() > 256 * 3 || !data.hasRemaining()) {
          throw wrong("a palette of 1 to 256 colours", data.remaining() + " bytes");
        }
        palette = new byte[data.remaining()];
        data.get(palette);
      }
      case IDAT -> {
        int length = data.remaining();
        data.get(in.array(), compressed, length);
        compressed += length;
      }
      case IEND -> {
        if (colourType == 3 && palette.length == 0) {
          throw wrong("a palette", "none");
        }
      }
      default -> throw wrong("the chunks of ISO/IEC 15948", name(type));
    }
  }

  private void readHeader(ByteBuffer header) throws PictureFormatException {
    long columns = Integer.toUnsignedLong(header.getInt());
    long rows = Integer.toUnsignedLong(header.getInt());
    depth = header.get();
    colourType = header.get();
    int compression = header.get();
    int filter = header.get();
    int interlace = header.get();
    String depths =
        switch (colourType) {
          case 0 -> " 1 2 4 8 16 ";
          case 2, 4, 6 -> " 8 16 ";
          case 3 -> " 1 2 4 8 ";
          default -> "";
        };
    if (!depths.contains(" " + depth + " ")) {
      throw wrong(
          "a depth and colour type of ISO/IEC 15948", "depth " + depth + ", type " + colourType);
    }
    if (compression != 0 || filter != 0 || interlace < 0 || interlace > 1) {
      throw wrong(
          "compression 0, filter 0 and interlace 0 or 1",
          compression + ", " + filter + " and " + interlace);
    }
    // Interlacing only adds to the bytes.
    long raw = rows * (1 + (columns * depth * samples() + 7) / 8);
    if (Picture.fits(columns, rows)) {
      PictureReader.checkSize(file, columns, rows, raw / MAX_INFLATION, in.capacity());
    } else {
      PictureReader.checkSize(file, columns, rows, 0, 0);
    }
    width = (int) columns;
    height = (int) rows;
    interlaced = interlace == 1;
  }

  /** Samples a pixel. */
  private int samples() {
    return switch (colourType) {
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> 1;
    };
  }

  /** Inflates, unfilters and places the pixels of one pass. */
  private void decode(int[] pass, byte[] rgb) throws PictureFormatException {
    int columns = (width - pass[0] + pass[2] - 1) / pass[2];
    int rows = (height - pass[1] + pass[3] - 1) / pass[3];
    if (columns == 0) {
      return;
    }
    int rowBytes = (int) (((long) columns * depth * samples() + 7) / 8);
    int pixelBytes = Math.max(depth * samples() / 8, 1);
    byte[] row = new byte[1 + rowBytes];
    byte[] above = new byte[1 + rowBytes];
    for (int y = 0; y < rows; y++) {
      inflate(row);
      unfilter(row, above, pixelBytes);
      int to = ((pass[1] + y * pass[3]) * width + pass[0]) * 3;
      for (int x = 0; x < columns; x++, to += pass[2] * 3) {
        place(row, x, rgb, to);
      }
      byte[] done = row;
      row = above;
      above = done;
    }
  }

  private void inflate(byte[] row) throws PictureFormatException {
    try {
      for (int filled = 0; filled < row.length; ) {
        int count = inflater.inflate(row, filled, row.length - filled);
        filled += count;
        if (count == 0) {
          if (inflater.needsDictionary()) {
            throw wrong("deflated pixels", "a preset dictionary");
          }
          throw wrong(
              "pixels of " + width + " x " + height,
              "only " + inflater.getBytesWritten() + " bytes");
        }
      }
    } catch (DataFormatException e) {
      throw new PictureFormatException(file, "deflated pixels", "broken ones", e);
    }
  }

  private void unfilter(byte[] row, byte[] above, int distance) throws PictureFormatException {
    int filter = row[0];
    if (filter < 0 || filter > 4) {
      throw wrong("a row filter of 0 to 4", Integer.toString(filter & 255));
    }
    for (int i = 1; i < row.length; i++) {
      int a = i > distance ? row[i - distance] & 255 : 0;
      int b = above[i] & 255;
      int c = i > distance ? above[i - distance] & 255 : 0;
      int prediction =
          switch (filter) {
            case 1 -> a;
            case 2 -> b;
            case 3 -> (a + b) / 2;
            case 4 -> paeth(a, b, c);
            default -> 0;
          };
      row[i] += (byte) prediction;
    }
  }

  /** Whichever of left, above and above left is nearest to left + above - above left. */
  private static int paeth(int a, int b, int c) {
    int fromA = Math.abs(b - c);
    int fromB = Math.abs(a - c);
    int fromC = Math.abs(a + b - 2 * c);
    if (fromA <= fromB && fromA <= fromC) {
      return a;
    }
    return fromB <= fromC ? b : c;
  }

  /** Writes pixel {@code x} of an unfiltered row as three bytes. */
  private void place(byte[] row, int x, byte[] rgb, int to) throws PictureFormatException {
    if (depth < 8) {
      int bit = x * depth;
      int sample = (row[1 + bit / 8] & 255) >> (8 - depth - bit % 8) & ((1 << depth) - 1);
      if (colourType == 3) {
        place(sample, rgb, to);
      } else {
        Arrays.fill(rgb, to, to + 3, (byte) (sample * 255 / ((1 << depth) - 1)));
      }
      return;
    }
    int sampleBytes = depth / 8;
    int from = 1 + x * samples() * sampleBytes;
    switch (colourType) {
      case 2, 6 -> {
        rgb[to] = row[from];
        rgb[to + 1] = row[from + sampleBytes];
        rgb[to + 2] = row[from + 2 * sampleBytes];
      }
      case 3 -> place(row[from] & 255, rgb, to);
      default -> Arrays.fill(rgb, to, to + 3, row[from]);
    }
  }

  private void place(int index, byte[] rgb, int to) throws PictureFormatException {
    if (index * 3 >= palette.length) {
      throw wrong("a colour below " + palette.length / 3, "colour " + index);
    }
    System.arraycopy(palette, index * 3, rgb, to, 3);
  }

  private static String name(int type) {
    byte[] letters = ByteBuffer.allocate(4).putInt(type).array();
    for (byte letter : letters) {
      if (letter < 'A' || letter > 'z') {
        return "chunk type 0x" + Integer.toHexString(type);
      }
    }
    return new String(letters, StandardCharsets.US_ASCII);
  }

  private PictureFormatException truncated(long bytes) {
    return wrong(
        bytes + " bytes at " + Math.min(in.position(), in.capacity()),
        "a file of " + in.capacity() + " bytes");
  }

  private PictureFormatException wrong(String expected, String actual) {
    return new PictureFormatException(file, expected, actual);
  }
}
