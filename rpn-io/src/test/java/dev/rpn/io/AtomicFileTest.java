package dev.rpn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path directory;

  @Test
  void writesANewFileAndReplacesAnOldOne() throws IOException {
    Path file = directory.resolve("x");
    for (int i = 0; i < 2; i++) {
      byte[] content = {1, 2, (byte) i};
      AtomicFile.write(file, out -> out.write(content));
      assertThat(file).hasBinaryContent(content);
    }
    assertThat(directory.toFile().list()).containsExactly("x");
  }

  @Test
  void leavesTheOldFileAndNoTemporaryWhenWritingFails() throws IOException {
    Path file = Files.writeString(directory.resolve("x"), "old");
    assertThatThrownBy(() ->
            AtomicFile.write(
                file,
                out -> {
                  out.write(new byte[100_000]);
                  throw new IOException("disk full");
                }))
        .hasMessage("disk full");
    assertThatThrownBy(() ->
            AtomicFile.write(
                file,
                out -> {
                  throw new IllegalStateException("bug");
                }))
        .hasMessage("bug");
    assertThat(file).hasContent("old");
    assertThat(directory.toFile().list()).containsExactly("x");
  }

  @Test
  void replacesTheFileBehindASymbolicLink() throws IOException {
    Path file = Files.writeString(directory.resolve("x"), "old");
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("x"));
    AtomicFile.write(link, out -> out.write('n'));
    assertThat(file).hasContent("n");
    assertThat(link).isSymbolicLink();
  }

  @Test
  void refusesADirectoryAndAMissingOne() {
    assertThatThrownBy(() -> AtomicFile.write(directory, out -> {}))
        .hasMessageEndingWith("expected a file, got a directory");
    assertThatThrownBy(() -> AtomicFile.write(directory.resolve("no/x"), out -> {}))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageEndingWith("no such directory");
  }

  /** What a process leaves that ends in the middle of a write, as with kill -9. */
  public static final class Killed {
    private Killed() {}

    /** Writes half of a file and is gone. */
    public static void main(String[] args) throws IOException {
      AtomicFile.write(
          Path.of(args[0]),
          out -> {
            out.write(new byte[100_000]);
            out.flush();
            Runtime.getRuntime().halt(137);
          });
    }
  }

  @Test
  void sweepsOnlyWhatAKilledProcessLeftLongAgo() throws Exception {
    Path file = Files.writeString(directory.resolve("x"), "old");
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classes = System.getProperty("java.class.path");
    for (int i = 0; i < 2; i++) {
      Process killed =
          new ProcessBuilder(
                  java.toString(), "-cp", classes, Killed.class.getName(), file.toString())
              .inheritIO()
              .start();
      assertThat(killed.waitFor()).isEqualTo(137);
    }
    assertThat(file).hasContent("old");
    Path[] left = temporaries();
    assertThat(left).hasSize(2);
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofMinutes(61)));
    Files.setLastModifiedTime(left[0], longAgo);
    Path other = Files.writeString(directory.resolve(".rpn-mine.tmp"), "");
    Files.setLastModifiedTime(other, longAgo);

    AtomicFile.write(file, out -> out.write('n'));
    assertThat(file).hasContent("n");
    assertThat(left[0]).doesNotExist();
    assertThat(left[1]).as("one that may be in use").exists();
    assertThat(other).as("a name that is not ours").exists();
  }

  private Path[] temporaries() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".tmp")).toArray(Path[]::new);
    }
  }
}
