package dev.rpn.cli;

import dev.rpn.train.TrainingDivergedException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** How a command that fails ends: one clear line, and the exit code. */
final class Failures {
  private Failures() {}

  /** Wrong usage: exit code 2. */
  static int usage(ParameterException thrown, String[] args) {
    CommandLine command = thrown.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String message = String.valueOf(thrown.getMessage());
    if (thrown instanceof UnmatchedArgumentException unmatched) {
      message =
          message.startsWith("Unmatched argument") && !unmatched.getUnmatched().isEmpty()
              ? "unknown argument '" + unmatched.getUnmatched().get(0) + "'"
              : message;
      if (!unmatched.getSuggestions().isEmpty()) {
        message += ", did you mean '" + unmatched.getSuggestions().get(0) + "'?";
      }
    }
    command.getErr().println(name + ": " + oneLine(message) + " (see '" + name + " --help')");
    return CommandLine.ExitCode.USAGE;
  }

  /** Anything else that went wrong: exit code 1. */
  static int failed(Throwable thrown, CommandLine command, boolean verbose) {
    PrintWriter err = command.getErr();
    if (verbose) {
      thrown.printStackTrace(err);
    }
    err.println(command.getCommandSpec().qualifiedName() + ": " + oneLine(message(thrown)));
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static String message(Throwable thrown) {
    String text = thrown.getMessage();
    return switch (thrown) {
      case NoSuchFileException e -> e.getFile() + ": no such file";
      case AccessDeniedException e -> e.getFile() + ": not permitted";
      case FileSystemException e when e.getReason() == null ->
          e.getFile() + ": " + e.getClass().getSimpleName();
      case OutOfMemoryError e ->
          "out of memory (" + e.getMessage() + "); RPN_JAVA_OPTS=-Xmx4g allows 4 GB of heap";
      case RuntimeException e
          when text != null
              && !(e instanceof IllegalArgumentException
                  || e instanceof IllegalStateException
                  || e instanceof TrainingDivergedException) ->
          e.getClass().getSimpleName() + ": " + text;
      default ->
          text == null ? thrown.getClass().getSimpleName() + " (--verbose shows where)" : text;
    };
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", "; ");
  }
}
