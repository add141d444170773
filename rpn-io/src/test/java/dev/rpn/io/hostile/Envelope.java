package dev.rpn.io.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Lengths and checksums around a content. They would catch nearly every broken file at the door;
 * put right again, the file gets past them.
 */
final class Envelope {
  private Envelope() {}

  static boolean isZip(byte[] bytes) {
    return bytes.length > 30 && bytes[0] == 'P' && bytes[1] == 'K';
  }

  /** Packs a zip anew with one entry changed, stored or deflated. */
  static byte[] mapOneEntry(byte[] zip, SplittableRandom random, UnaryOperator<byte[]> change) {
    var entries = new LinkedHashMap<String, byte[]>();
    var packed = new ByteArrayOutputStream();
    try (var out = new ZipOutputStream(packed)) {
      readEntries(zip, entries);
      String name = List.copyOf(entries.sequencedKeySet()).get(random.nextInt(entries.size()));
      entries.compute(name, (key, content) -> change.apply(content));
      out.setLevel(random.nextBoolean() ? 0 : 9);
      for (var entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue());
        out.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  /** Through the directory at the end: torch's entries have their lengths nowhere else. */
  private static void readEntries(byte[] zip, Map<String, byte[]> entries) throws IOException {
    Path file = Files.createTempFile("seed", ".zip");
    try {
      Files.write(file, zip);
      try (var in = new ZipFile(file.toFile())) {
        for (ZipEntry entry : Collections.list(in.entries())) {
          entries.put(entry.getName(), in.getInputStream(entry).readAllBytes());
        }
      }
    } finally {
      Files.delete(file);
    }
  }

  /** Puts right what the format has, by the file's first bytes. */
  static byte[] repaired(byte[] bytes) {
    if (bytes.length > 33 && bytes[0] == (byte) 137 && bytes[1] == 'P' && bytes[2] == 'N') {
      repairPng(bytes);
    } else if (bytes.length > 10 && bytes[0] == (byte) 0x93 && bytes[1] == 'N') {
      repairNpy(bytes);
    } else if (bytes.length > 9 && bytes[8] == '{') {
      repairSafetensors(bytes);
    }
    return bytes;
  }

  private static void repairPng(byte[] bytes) {
    ByteBuffer png = ByteBuffer.wrap(bytes);
    int at = 8;
    while (at + 12 <= bytes.length) {
      int length = png.getInt(at);
      if (length < 0 || length > bytes.length - at - 12) {
        return;
      }
      var crc = new CRC32();
      crc.update(bytes, at + 4, length + 4);
      png.putInt(at + 8 + length, (int) crc.getValue());
      at += 12 + length;
    }
  }

  /** The header ends at the first line break. */
  private static void repairNpy(byte[] bytes) {
    int lengthBytes = bytes[6] == 1 ? 2 : 4;
    for (int end = 8 + lengthBytes; end < bytes.length; end++) {
      if (bytes[end] == '\n') {
        int length = end + 1 - 8 - lengthBytes;
        for (int i = 0; i < lengthBytes; i++) {
          bytes[8 + i] = (byte) (length >> 8 * i);
        }
        return;
      }
    }
  }

  /** The header ends where its braces close; the padding after them is then data too many. */
  private static void repairSafetensors(byte[] bytes) {
    int depth = 0;
    for (int end = 8; end < bytes.length; end++) {
      depth += bytes[end] == '{' ? 1 : bytes[end] == '}' ? -1 : 0;
      if (depth == 0) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, end + 1 - 8);
        return;
      }
    }
  }
}
