package dev.rpn.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many threads compute. */
final class ThreadOptions {
  private static final int MOST = 1024;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute; the result has the same bits on any number.")
  void set(int value) {
    if (value < 1 || value > MOST) {
      throw new ParameterException(
          command.commandLine(), "--threads: expected 1 to " + MOST + ", got " + value);
    }
    threads = value;
  }

  int count() {
    return threads;
  }
}
