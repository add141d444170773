package dev.rpn.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the result goes as JSON. */
final class JsonOption {
  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the result as JSON; '-' is standard output.")
  private @Nullable Path file;

  @Nullable Path file() {
    return file;
  }

  /** Whether standard output is the JSON's alone. */
  boolean isStandardOutput() {
    return file != null && file.toString().equals("-");
  }
}
