package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {
  @TempDir Path folder;

  @Test
  void aResumedLogGoesOnBehindTheCheckpoint() throws IOException {
    Path file = folder.resolve("log.jsonl");
    Files.writeString(
        file,
        "{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.4}\n{\"step\":3,\"loss\":0.3}\n{\"st");
    var seen = new ArrayList<Map<String, Double>>();
    try (JsonLines lines = JsonLines.resume(file, 2, seen::add)) {
      lines.write(json -> json.writeStartObject().writeNumberProperty("step", 3).writeEndObject());
      assertThat(file)
          .content()
          .isEqualTo("{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.4}\n{\"step\":3}\n");
    }
    assertThat(seen)
        .isEqualTo(List.of(Map.of("step", 1.0, "loss", 0.5), Map.of("step", 2.0, "loss", 0.4)));
  }

  @Test
  void noFileNoLog() throws IOException {
    try (JsonLines lines = JsonLines.create(null)) {
      lines.write(json -> {
        throw new AssertionError("nobody reads it");
      });
    }
  }
}
