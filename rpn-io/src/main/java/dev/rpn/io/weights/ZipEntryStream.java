package dev.rpn.io.weights;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.ZipException;

/** Holds an entry to the size and the checksum that the archive's directory states. */
final class ZipEntryStream extends InputStream {
  private final Place place;
  private final InputStream in;
  private final long size;
  private final long checksum;
  private final CRC32 crc = new CRC32();
  private long done;

  ZipEntryStream(Place place, InputStream in, long size, long checksum) {
    this.place = place;
    this.in = in;
    this.size = size;
    this.checksum = checksum;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int start, int length) throws IOException {
    if (done == size) {
      return -1;
    }
    int got;
    try {
      got = in.read(bytes, start, (int) Math.min(length, size - done));
    } catch (ZipException | EOFException | RuntimeException e) {
      throw place.at(done).wrong("cannot be inflated", e);
    }
    if (got < 0) {
      throw place.truncated(size, 0, done);
    }
    crc.update(bytes, start, got);
    done += got;
    if (done == size) {
      checkEnd();
    }
    return got;
  }

  private void checkEnd() throws IOException {
    int more;
    try {
      more = in.read();
    } catch (ZipException | EOFException | RuntimeException e) {
      throw place.at(done).wrong("cannot be inflated", e);
    }
    if (more >= 0) {
      throw place.at(size).limit(size + " bytes as the directory says", "more");
    }
    if (crc.getValue() != checksum) {
      throw place.wrong(
          String.format("checksum %08x", checksum), String.format("%08x", crc.getValue()));
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
