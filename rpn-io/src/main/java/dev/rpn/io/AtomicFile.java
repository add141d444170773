package dev.rpn.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Replaces a file as a whole: whoever reads it, at any moment and after any crash, sees the old
 * content or the new one.
 */
public final class AtomicFile {
  private static final String PREFIX = ".rpn-";
  private static final String SUFFIX = ".tmp";

  /** A temporary that nobody has touched for so long was left by a process that was killed. */
  private static final Duration STALE = Duration.ofHours(1);

  /**
   * When a folder was last swept: to list it at every write would cost too much where it is full.
   */
  private static final Map<Path, Instant> SWEPT = new ConcurrentHashMap<>();

  private AtomicFile() {}

  /** Writes the content to a stream. */
  @FunctionalInterface
  public interface StreamContent {
    /** Writes everything; the stream is closed by the caller. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** Writes the content to a file. */
  @FunctionalInterface
  public interface FileContent {
    /** Writes everything to the temporary file, which does not exist yet. */
    void writeTo(Path temporary) throws IOException;
  }

  /**
   * Writes a file through a buffered stream.
   *
   * @throws IOException if writing fails; the file is then as it was, and no temporary is left
   */
  public static void write(Path file, StreamContent content) throws IOException {
    writeFile(
        file,
        temporary -> {
          try (FileChannel channel =
                  FileChannel.open(
                      temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
              OutputStream out =
                  new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
            content.writeTo(out);
          }
        });
  }

  /**
   * Writes a file by way of a temporary beside it, for writers that want a path. Temporaries that
   * killed processes left in the folder more than an hour ago are removed.
   *
   * @throws IOException if writing fails; the file is then as it was, and no temporary is left
   */
  public static void writeFile(Path file, FileContent content) throws IOException {
    // Through a symbolic link the file behind it is replaced, not the link.
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    Path directory = target.getParent();
    if (directory == null || Files.isDirectory(target)) {
      throw new IOException(Quote.escape(file.toString()) + ": expected a file, got a directory");
    }
    if (!Files.isDirectory(directory)) {
      throw new NoSuchFileException(directory.toString(), null, "no such directory");
    }
    sweep(directory);
    String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    Path temporary = directory.resolve(PREFIX + random + SUFFIX);
    try {
      content.writeTo(temporary);
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
    forceDirectory(directory);
  }

  private static void sweep(Path directory) {
    Instant now = Instant.now();
    Instant before = SWEPT.get(directory);
    if (before != null && before.plus(STALE).isAfter(now)) {
      return;
    }
    SWEPT.put(directory, now);
    String name = PREFIX + "[0-9a-f]".repeat(16) + SUFFIX;
    try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(directory, name)) {
      for (Path temporary : temporaries) {
        BasicFileAttributes attributes =
            Files.readAttributes(temporary, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        Instant touched = attributes.lastModifiedTime().toInstant();
        if (attributes.isRegularFile() && touched.plus(STALE).isBefore(now)) {
          Files.deleteIfExists(temporary);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Someone else's leavings are no reason not to write.
    }
  }

  /** Makes the rename itself durable, where the system lets a directory be opened. */
  private static void forceDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows does not open directories; the file itself is complete either way.
    }
  }
}
