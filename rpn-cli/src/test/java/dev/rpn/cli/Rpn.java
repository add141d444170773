package dev.rpn.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** Runs the command line in this process. */
final class Rpn {
  /** What a command said and how it ended. */
  record Result(int code, String out, String err) {}

  private Rpn() {}

  static Result run(Object... args) {
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    var out = new StringWriter();
    var err = new StringWriter();
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new Result(code, out.toString(), err.toString());
  }

  /** A golden file made by Keras. */
  static Path golden(String name) {
    try {
      return Path.of(Objects.requireNonNull(Rpn.class.getResource("/keras_c16/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
