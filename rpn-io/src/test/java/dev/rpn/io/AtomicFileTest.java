package dev.rpn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
}
