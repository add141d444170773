package dev.rpn.io.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Breaks a good file in one to five places, the same way for the same random numbers. */
final class Mutator {
  private static final byte[] BYTES = {0, 1, 0x20, '"', '[', '{', '<', 0x7f, (byte) 0x80, -1};
  private static final String[] NUMBERS = {
    "0",
    "-1",
    "1",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "1e999",
    "1e-999",
    "1e999999999",
    "NaN",
    "0.5"
  };
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+");

  /** Text is looked for where headers stand. */
  private static final int TEXT = 16_384;

  private final List<byte[]> seeds;
  private final SplittableRandom random;

  Mutator(List<byte[]> seeds, SplittableRandom random) {
    this.seeds = seeds;
    this.random = random;
  }

  /** The bytes of one broken file. */
  byte[] next() {
    byte[] bytes = seed().clone();
    if (Envelope.isZip(bytes) && random.nextInt(3) == 0) {
      // Behind a right checksum, where a mere flip would never come.
      return Envelope.mapOneEntry(bytes, random, this::mutated);
    }
    bytes = mutated(bytes);
    return random.nextBoolean() ? Envelope.repaired(bytes) : bytes;
  }

  private byte[] seed() {
    return seeds.get(random.nextInt(seeds.size()));
  }

  private byte[] mutated(byte[] good) {
    byte[] bytes = good;
    for (int change = random.nextInt(1, 6); change > 0 && bytes.length > 0; change--) {
      bytes = changed(bytes);
    }
    return bytes;
  }

  private byte[] changed(byte[] bytes) {
    int at = place(bytes.length);
    switch (random.nextInt(16)) {
      case 0, 1, 2 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 3 -> bytes[at] = (byte) random.nextInt();
      case 4, 5 -> bytes[at] = BYTES[random.nextInt(BYTES.length)];
      case 6, 7, 8 -> setInteger(bytes, at, bytes.length);
      case 9, 10 -> {
        return withNumber(bytes);
      }
      case 11 -> {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      case 12 -> {
        return Arrays.copyOf(bytes, bytes.length + random.nextInt(1, 100));
      }
      case 13 -> {
        return spliced(bytes, at, bytes, at + random.nextInt(length(bytes.length - at)));
      }
      case 14 -> {
        return spliced(bytes, at + random.nextInt(length(bytes.length - at)), bytes, at);
      }
      default -> {
        byte[] other = seed();
        return spliced(bytes, at, other, place(other.length));
      }
    }
    return bytes;
  }

  /** Headers and directories stand at the ends of a file, values between: mostly the ends. */
  private int place(int length) {
    int near = random.nextInt(3) == 0 ? length : Math.min(length, 2048);
    int at = random.nextInt(near);
    return random.nextBoolean() ? at : length - 1 - at;
  }

  /** Of a piece that is repeated or left out: mostly short. */
  private int length(int most) {
    return Math.min(most, random.nextInt(4) == 0 ? most : 16) + 1;
  }

  private void setInteger(byte[] bytes, int at, int size) {
    long[] extremes = {
      0,
      1,
      -1,
      Byte.MAX_VALUE,
      Short.MAX_VALUE,
      Integer.MAX_VALUE,
      Integer.MIN_VALUE,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      1L << 32,
      size,
      size - 1L,
      size + 1L,
      random.nextInt(size),
      at,
      1L << random.nextInt(63)
    };
    int width = 2 << random.nextInt(3);
    // Most formats align their fields.
    int start = random.nextBoolean() ? at : at / width * width;
    if (start + width > bytes.length) {
      return;
    }
    ByteOrder order = random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    ByteBuffer field = ByteBuffer.wrap(bytes).order(order);
    long value = extremes[random.nextInt(extremes.length)];
    switch (width) {
      case 2 -> field.putShort(start, (short) value);
      case 4 -> field.putInt(start, (int) value);
      default -> field.putLong(start, value);
    }
  }

  /** A number in text, replaced by another. */
  private byte[] withNumber(byte[] bytes) {
    int start = random.nextInt(Math.min(bytes.length, TEXT));
    String text =
        new String(
            bytes,
            start,
            Math.min(bytes.length, start + TEXT) - start,
            StandardCharsets.ISO_8859_1);
    Matcher number = NUMBER.matcher(text);
    if (!number.find()) {
      return bytes;
    }
    byte[] other = NUMBERS[random.nextInt(NUMBERS.length)].getBytes(StandardCharsets.ISO_8859_1);
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, start + number.start());
    out.writeBytes(other);
    out.write(bytes, start + number.end(), bytes.length - start - number.end());
    return out.toByteArray();
  }

  /** The start of one file and the end of another. */
  private static byte[] spliced(byte[] head, int end, byte[] tail, int start) {
    int from = Math.min(start, tail.length);
    int to = Math.min(end, head.length);
    byte[] bytes = Arrays.copyOf(head, to + tail.length - from);
    System.arraycopy(tail, from, bytes, to, tail.length - from);
    return bytes;
  }
}
