package dev.rpn.cli;

import dev.rpn.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON: one document to a file or to standard output. */
final class Json {
  static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /** Writes one document. */
  @FunctionalInterface
  interface Content {
    void writeTo(JsonGenerator json) throws IOException;
  }

  /**
   * Writes a document and a line end.
   *
   * @param file replaced as a whole; {@code -} is standard output
   */
  static void write(Path file, PrintWriter out, Content content) throws IOException {
    if (file.toString().equals("-")) {
      out.println(text(content));
    } else {
      AtomicFile.write(
          file, stream -> stream.write((text(content) + "\n").getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** A document on one line. */
  static String text(Content content) throws IOException {
    var text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      content.writeTo(json);
    }
    return text.toString();
  }
}
