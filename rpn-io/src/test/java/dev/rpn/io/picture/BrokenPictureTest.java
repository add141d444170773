package dev.rpn.io.picture;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile picture files end in one clear sentence. */
class BrokenPictureTest {
  private static final int MUTATIONS = 60;

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("broken");
  }

  private void refused(byte[] bytes, String... words) throws IOException {
    Files.write(file, bytes);
    assertThatExceptionOfType(PictureFormatException.class)
        .isThrownBy(() -> Picture.read(file))
        .withMessageStartingWith(file + ": expected ")
        .satisfies(e -> List.of(words).forEach(word -> assertThat(e).hasMessageContaining(word)));
  }

  @Test
  void empty() throws IOException {
    refused(new byte[0], "a JPEG or PNG file", "an empty file");
  }

  @Test
  void neitherJpegNorPng() throws IOException {
    refused("GIF89a............".getBytes(US_ASCII), "a JPEG or PNG file", "another format");
  }

  @Test
  void missing() {
    assertThatThrownBy(() -> Picture.read(folder.resolve("nothing.png")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aFolder() {
    assertThatThrownBy(() -> Picture.read(folder))
        .isInstanceOf(PictureFormatException.class)
        .hasMessageContaining("no regular file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rgb8.png", "palette4_interlaced.png", "baseline420.jpg", "progressive.jpg"})
  void truncatedAnywhere(String name) throws IOException {
    byte[] whole = PictureFixtures.bytes(name);
    for (int length = 0; length < whole.length; length += length < 60 ? 1 : 7) {
      refused(Arrays.copyOf(whole, length));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb8.png", "palette4_interlaced.png", "palette_transparent_text.png", "baseline420.jpg",
        "progressive.jpg", "restart.jpg", "grey.jpg", "profile_comment.jpg"
      })
  void mutatedAnywhereItIsReadOrRefused(String name) throws IOException {
    long seed = Long.getLong("rpn.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] whole = PictureFixtures.bytes(name);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bytes = whole.clone();
      for (int flips = random.nextInt(1, 5); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Files.write(file, bytes);
      try {
        Picture.read(file);
      } catch (PictureFormatException e) {
        refused++;
      } catch (Throwable e) {
        throw new AssertionError("mutation " + i + " of " + name + ", -Drpn.seed=" + seed, e);
      }
    }
    assertThat(refused).as("-Drpn.seed=%d", seed).isPositive();
  }

  @Test
  void pngOfTooManyPixelsBeforeDecoding() throws IOException {
    refused(png(header(65_536, 10, 8, 2, 0)), "sides of 1 to 65535", "65536 x 10");
    refused(png(header(20_000, 20_000, 8, 2, 0)), "100000000 pixels", "20000 x 20000");
    refused(png(header(-1, 1, 8, 2, 0)), "4294967295 x 1");
    refused(png(header(0, 7, 8, 2, 0)), "0 x 7");
  }

  @Test
  void pngClaimingMoreThanItsBytesCanHold() throws IOException {
    refused(png(header(9_000, 9_000, 8, 2, 0)), "at least", "9000 x 9000 pixels", "bytes");
  }

  @Test
  void pngOfUnknownDepthColourOrMethod() throws IOException {
    refused(png(header(4, 4, 3, 2, 0)), "depth 3, type 2");
    refused(png(header(4, 4, 8, 5, 0)), "depth 8, type 5");
    refused(png(header(4, 4, 16, 3, 0)), "depth 16, type 3");
    refused(png(header(4, 4, 8, 2, 2)), "interlace 0 or 1");
  }

  @Test
  void pngWithoutHeaderOrWithTwo() throws IOException {
    refused(png(chunk("IDAT", new byte[3])), "one IHDR chunk", "IDAT at byte 8");
    byte[] header = header(1, 1, 8, 2, 0);
    refused(png(header, header), "one IHDR chunk", "IHDR at byte 33");
  }

  @Test
  void pngChunkPastTheEnd() throws IOException {
    byte[] bytes = png(header(1, 1, 8, 2, 0), chunk("IDAT", new byte[3]));
    ByteBuffer.wrap(bytes).putInt(33, Integer.MAX_VALUE);
    refused(bytes, "2147483659 bytes at", "a file of " + bytes.length + " bytes");
    ByteBuffer.wrap(bytes).putInt(33, -1);
    refused(bytes, "4294967307 bytes at");
  }

  @Test
  void pngWithAWrongChecksum() throws IOException {
    byte[] bytes = PictureFixtures.bytes("rgb8.png");
    bytes[50] ^= 1;
    refused(bytes, "checksum", "chunk at byte 37");
  }

  @Test
  void pngWithTooFewPixels() throws IOException {
    refused(
        png(header(3, 2, 8, 0, 0), chunk("IDAT", deflate(new byte[5])), end()),
        "pixels of 3 x 2",
        "only 5 bytes");
    refused(png(header(3, 2, 8, 0, 0), end()), "pixels of 3 x 2", "only 0 bytes");
  }

  @Test
  void pngWhoseBytesInflateWithoutEnd() throws IOException {
    byte[] bomb = deflate(new byte[5_000_000]);
    Files.write(file, png(header(3, 2, 8, 0, 0), chunk("IDAT", bomb), end()));
    // The rest is never inflated; the text neither.
    assertThat(Picture.read(file).width()).isEqualTo(3);
    byte[] text = new byte[bomb.length + 3];
    text[0] = 'k';
    System.arraycopy(bomb, 0, text, 3, bomb.length);
    Files.write(
        file,
        png(
            header(3, 2, 8, 0, 0),
            chunk("zTXt", text),
            chunk("IDAT", deflate(new byte[8])),
            end()));
    assertThat(Picture.read(file).height()).isEqualTo(2);
  }

  @Test
  void pngWithBrokenDeflateDictionaryOrFilter() throws IOException {
    refused(
        png(header(3, 2, 8, 0, 0), chunk("IDAT", new byte[] {1, 2, 3, 4}), end()),
        "deflated pixels");
    Deflater deflater = new Deflater();
    deflater.setDictionary(new byte[100]);
    refused(
        png(header(3, 2, 8, 0, 0), chunk("IDAT", deflate(deflater, new byte[8])), end()),
        "a preset dictionary");
    refused(
        png(header(3, 2, 8, 0, 0), chunk("IDAT", deflate(new byte[] {9, 0, 0, 0})), end()),
        "a row filter of 0 to 4",
        "9");
  }

  @Test
  void pngWithoutPaletteOrWithATooSmallOne() throws IOException {
    byte[] pixels = chunk("IDAT", deflate(new byte[] {0, 7}));
    refused(png(header(1, 1, 8, 3, 0), pixels, end()), "a palette", "none");
    refused(
        png(header(1, 1, 8, 3, 0), chunk("PLTE", new byte[6]), pixels, end()),
        "a colour below 2",
        "colour 7");
    refused(png(header(1, 1, 8, 3, 0), chunk("PLTE", new byte[4]), pixels, end()), "4 bytes");
    refused(png(header(1, 1, 8, 3, 0), chunk("PLTE", new byte[771]), pixels, end()), "771 bytes");
  }

  @Test
  void pngWithAnUnknownCriticalChunk() throws IOException {
    refused(png(header(1, 1, 8, 2, 0), chunk("QZZZ", new byte[0])), "ISO/IEC 15948", "QZZZ");
  }

  @Test
  void cmykJpeg() throws IOException {
    refused(PictureFixtures.bytes("cmyk.jpg"), "1 (grey) or 3 (colour) components", "4 (CMYK");
  }

  @Test
  void losslessAndArithmeticJpeg() throws IOException {
    for (int frame : List.of(0xc3, 0xc9, 0xca)) {
      byte[] bytes = PictureFixtures.bytes("baseline420.jpg");
      bytes[frameAt(bytes) + 1] = (byte) frame;
      refused(bytes, "baseline or progressive JPEG");
    }
  }

  @Test
  void jpegOf12Bits() throws IOException {
    byte[] bytes = PictureFixtures.bytes("baseline420.jpg");
    bytes[frameAt(bytes) + 4] = 12;
    refused(bytes, "8 bits a sample", "12");
  }

  @Test
  void jpegOfTooManyPixelsBeforeDecoding() throws IOException {
    byte[] bytes = PictureFixtures.bytes("baseline420.jpg");
    int frame = frameAt(bytes);
    ByteBuffer.wrap(bytes).putInt(frame + 5, 0xffffffff);
    refused(bytes, "100000000 pixels", "65535 x 65535");
    ByteBuffer.wrap(bytes).putInt(frame + 5, 8_000 << 16 | 8_000);
    refused(bytes, "at least", "8000 x 8000 pixels");
    ByteBuffer.wrap(bytes).putInt(frame + 5, 0);
    refused(bytes, "0 x 0");
  }

  @Test
  void jpegOfTooManyScans() throws IOException {
    byte[] bytes = PictureFixtures.bytes("grey.jpg");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, bytes.length - 2);
    int scan = indexOf(bytes, 0xda);
    for (int i = 0; i < 100; i++) {
      out.write(bytes, scan, bytes.length - 2 - scan);
    }
    out.write(bytes, bytes.length - 2, 2);
    refused(out.toByteArray(), "at most 100 scans");
  }

  @Test
  void jpegWithoutPixelsOrWithTwoFrames() throws IOException {
    byte[] bytes = PictureFixtures.bytes("grey.jpg");
    int scan = indexOf(bytes, 0xda);
    byte[] headOnly = Arrays.copyOf(bytes, scan + 2);
    headOnly[scan + 1] = (byte) 0xd9;
    refused(headOnly, "expected pixels, got none");
    int frame = frameAt(bytes);
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    twice.write(bytes, 0, frame);
    twice.write(bytes, frame, 13);
    twice.write(bytes, frame, bytes.length - frame);
    refused(twice.toByteArray(), "one frame header");
  }

  private static int frameAt(byte[] jpeg) {
    return indexOf(jpeg, 0xc0);
  }

  private static int indexOf(byte[] jpeg, int marker) {
    for (int i = 2; ; i++) {
      if (jpeg[i] == (byte) 0xff && jpeg[i + 1] == (byte) marker) {
        return i;
      }
    }
  }

  private static byte[] png(byte[]... chunks) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 137, 'P', 'N', 'G', '\r', '\n', 26, '\n'});
    for (byte[] chunk : chunks) {
      out.writeBytes(chunk);
    }
    return out.toByteArray();
  }

  private static byte[] header(int width, int height, int depth, int type, int interlace) {
    return chunk(
        "IHDR",
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put((byte) depth)
            .put((byte) type)
            .put((byte) 0)
            .put((byte) 0)
            .put((byte) interlace)
            .array());
  }

  private static byte[] end() {
    return chunk("IEND", new byte[0]);
  }

  private static byte[] chunk(String type, byte[] data) {
    byte[] body =
        ByteBuffer.allocate(4 + data.length).put(type.getBytes(US_ASCII)).put(data).array();
    CRC32 crc = new CRC32();
    crc.update(body);
    return ByteBuffer.allocate(12 + data.length)
        .putInt(data.length)
        .put(body)
        .putInt((int) crc.getValue())
        .array();
  }

  private static byte[] deflate(byte[] data) {
    return deflate(new Deflater(9), data);
  }

  private static byte[] deflate(Deflater deflater, byte[] data) {
    deflater.setInput(data);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    return out.toByteArray();
  }
}
