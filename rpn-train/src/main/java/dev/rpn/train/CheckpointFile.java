package dev.rpn.train;

import dev.rpn.io.AtomicFile;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * A checkpoint on disk, big-endian: magic, description, counters, losses, then weights, m, v and
 * the weights' average, where the training has one, as they lie in memory, and last the CRC-32C of
 * all that comes before.
 */
final class CheckpointFile {
  private static final byte[] MAGIC = "RPNckpt1".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_TEXT = 1 << 20;
  private static final int CHUNK = 1 << 16;

  private CheckpointFile() {}

  /** What is wrong with a file. */
  static final class BrokenException extends IOException {
    private static final long serialVersionUID = 1;

    BrokenException(String message) {
      super(message);
    }
  }

  /** Writes a file; see {@link AtomicFile}. */
  static void write(Path file, Checkpoint checkpoint, Parameters parameters) throws IOException {
    AtomicFile.write(
        file,
        stream -> {
          CRC32C sum = new CRC32C();
          DataOutputStream out = new DataOutputStream(new CheckedOutputStream(stream, sum));
          out.write(MAGIC);
          byte[] text = checkpoint.training().getBytes(StandardCharsets.UTF_8);
          out.writeInt(text.length);
          out.write(text);
          out.writeLong(checkpoint.step());
          out.writeInt(checkpoint.epoch());
          out.writeInt(checkpoint.position());
          out.writeDouble(checkpoint.epochLoss());
          out.writeInt(checkpoint.losses().size());
          for (StepLoss loss : checkpoint.losses()) {
            out.writeDouble(loss.classification());
            out.writeDouble(loss.location());
          }
          out.writeLong(parameters.layout().bytes());
          for (MemorySegment block : parameters.state()) {
            writeBlock(out, block);
          }
          out.writeInt((int) sum.getValue());
          out.flush();
        });
  }

  private static void writeBlock(OutputStream out, MemorySegment block) throws IOException {
    byte[] chunk = new byte[CHUNK];
    for (long at = 0; at < block.byteSize(); at += CHUNK) {
      int count = (int) Math.min(CHUNK, block.byteSize() - at);
      MemorySegment.copy(block, at, MemorySegment.ofArray(chunk), 0, count);
      out.write(chunk, 0, count);
    }
  }

  /**
   * Requires the checksum to be right.
   *
   * @throws BrokenException if the file can't be what was written
   */
  static void verify(Path file) throws IOException {
    long size = Files.size(file);
    if (size < MAGIC.length + Integer.BYTES) {
      throw new BrokenException("expected a checkpoint, got " + size + " bytes");
    }
    try (InputStream in = Files.newInputStream(file)) {
      CRC32C sum = new CRC32C();
      byte[] chunk = in.readNBytes(MAGIC.length);
      if (!Arrays.equals(chunk, MAGIC)) {
        throw new BrokenException("it does not begin as a checkpoint does");
      }
      sum.update(chunk);
      long left = size - MAGIC.length - Integer.BYTES;
      while (left > 0) {
        chunk = in.readNBytes((int) Math.min(CHUNK, left));
        if (chunk.length == 0) {
          throw new EOFException(file + ": it became shorter while it was read");
        }
        sum.update(chunk);
        left -= chunk.length;
      }
      int expected = new DataInputStream(in).readInt();
      if (expected != (int) sum.getValue()) {
        throw new BrokenException(
            String.format("expected checksum %08x, got %08x", expected, (int) sum.getValue()));
      }
    }
  }

  /**
   * Reads a file that {@link #verify} found good.
   *
   * @param training which training it must be of
   * @param into receives the blocks of its {@link Parameters#state}
   * @throws BrokenException if the file can't be what was written
   * @throws IllegalArgumentException if it is of another training
   */
  static Checkpoint read(Path file, String training, Parameters into) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), CHUNK))) {
      in.skipNBytes(MAGIC.length);
      int length = in.readInt();
      if (length < 0 || length > MAX_TEXT) {
        throw new BrokenException("expected a description of at most 1 MiB, got " + length);
      }
      String text = new String(in.readNBytes(length), StandardCharsets.UTF_8);
      if (!text.equals(training)) {
        throw new IllegalArgumentException(
            "checkpoint "
                + file
                + " is of another training: expected "
                + training
                + ", got "
                + text);
      }
      long step = in.readLong();
      int epoch = in.readInt();
      int position = in.readInt();
      double epochLoss = in.readDouble();
      int count = in.readInt();
      if (step < 0 || epoch < 0 || position < 0) {
        throw new BrokenException("a counter is negative");
      }
      if (count < 0 || count > Math.min(step, LossLog.CAPACITY)) {
        throw new BrokenException("expected at most " + step + " losses, got " + count);
      }
      List<StepLoss> losses = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        losses.add(new StepLoss(step - count + i + 1, in.readDouble(), in.readDouble()));
      }
      long bytes = in.readLong();
      if (bytes != into.layout().bytes()) {
        throw new BrokenException(
            "expected " + into.layout().bytes() + " bytes of weights, got " + bytes);
      }
      for (MemorySegment block : into.state()) {
        readBlock(in, block);
      }
      return new Checkpoint(text, step, epoch, position, epochLoss, List.copyOf(losses));
    } catch (EOFException e) {
      throw new BrokenException("it ends too early");
    }
  }

  private static void readBlock(DataInputStream in, MemorySegment block) throws IOException {
    byte[] chunk = new byte[CHUNK];
    for (long at = 0; at < block.byteSize(); at += CHUNK) {
      int count = (int) Math.min(CHUNK, block.byteSize() - at);
      in.readFully(chunk, 0, count);
      MemorySegment.copy(MemorySegment.ofArray(chunk), 0, block, at, count);
    }
  }
}
