package dev.rpn.cli;

import dev.rpn.io.AtomicFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * A log of JSON documents, one a line. Every line is in the file when {@link #write} returns, so
 * that the log can be watched and survives whatever happens.
 */
final class JsonLines implements AutoCloseable {
  private final @Nullable BufferedWriter writer;

  private JsonLines(@Nullable BufferedWriter writer) {
    this.writer = writer;
  }

  /**
   * Begins a log, replacing what is there.
   *
   * @param file null for none
   */
  static JsonLines create(@Nullable Path file) throws IOException {
    return new JsonLines(file == null ? null : Files.newBufferedWriter(file));
  }

  /**
   * Goes on with the log of a training that was stopped.
   *
   * @param step lines of later steps go: they will come again
   * @param seen hears the numbers of every line that stays
   */
  static JsonLines resume(Path file, long step, Consumer<Map<String, Double>> seen)
      throws IOException {
    var kept = new ArrayList<String>();
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      Map<String, Double> numbers = numbers(line);
      if (numbers.getOrDefault("step", Double.POSITIVE_INFINITY) <= step) {
        kept.add(line);
        seen.accept(numbers);
      }
    }
    AtomicFile.write(
        file,
        stream -> {
          for (String line : kept) {
            stream.write((line + "\n").getBytes(StandardCharsets.UTF_8));
          }
        });
    return new JsonLines(Files.newBufferedWriter(file, StandardOpenOption.APPEND));
  }

  /** The numbers of a flat document by name; none of a line that was cut short. */
  private static Map<String, Double> numbers(String line) {
    var numbers = new HashMap<String, Double>();
    try (JsonParser json = Json.FACTORY.createParser(ObjectReadContext.empty(), line)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token.isNumeric()) {
          numbers.put(json.currentName(), json.getDoubleValue());
        }
      }
      return numbers;
    } catch (JacksonException e) {
      return Map.of();
    }
  }

  /** Adds a line. */
  void write(Json.Content content) throws IOException {
    if (writer != null) {
      writer.write(Json.text(content));
      writer.write('\n');
      writer.flush();
    }
  }

  @Override
  public void close() throws IOException {
    if (writer != null) {
      writer.close();
    }
  }
}
