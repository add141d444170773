package dev.rpn.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Compares the whole head, feature map to probabilities and deltas, with ONNX Runtime and oneDNN:
 * same weights, same input, same number of threads, in turns in one process, after a check that all
 * compute the same.
 */
public final class PeerComparison {
  private static final String USAGE =
      """
      usage: java --add-modules jdk.incubator.vector -jar peers.jar [options]
        --sizes S,...    HEIGHTxWIDTHxCHANNELSxANCHORS (default: the five of the documentation)
        --threads N,...  (default 1,2)
        --rounds N       turns of each engine (default 7)
        --seconds F      warming up, and again measuring, of each engine (default 7)
        --json FILE      also write the rows as JSON
      """;

  private List<String> sizes =
      List.of("38x50x512x9", "14x14x512x9", "63x38x512x9", "100x136x256x3", "200x304x256x3");
  private List<String> threads = List.of("1", "2");
  private int rounds = 7;
  private double seconds = 7;
  private @Nullable Path json;

  private PeerComparison() {}

  /** Measures and prints a table. */
  public static void main(String[] args) throws Exception {
    var comparison = new PeerComparison();
    try {
      comparison.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.print(USAGE);
      System.exit(2);
    }
    comparison.run();
  }

  private void parse(String[] args) {
    for (int i = 0; i < args.length; i += 2) {
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("expected a value after '" + args[i] + "'");
      }
      String value = args[i + 1];
      switch (args[i]) {
        case "--sizes" -> sizes = List.of(value.split(",", -1));
        case "--threads" -> threads = List.of(value.split(",", -1));
        case "--rounds" -> rounds = Integer.parseInt(value);
        case "--seconds" -> seconds = Double.parseDouble(value);
        case "--json" -> json = Path.of(value);
        default -> throw new IllegalArgumentException("unknown option '" + args[i] + "'");
      }
    }
    if (rounds < 1 || !(seconds > 0)) {
      throw new IllegalArgumentException("expected at least one round and more than 0 seconds");
    }
  }

  private void run() throws Exception {
    System.out.printf(
        Locale.ROOT,
        "%-14s %7s  %-12s %10s %18s %9s %13s %8s%n",
        "size",
        "threads",
        "engine",
        "median ms",
        "rounds' range",
        "x rpn F2",
        "direct/peak",
        "peak");
    var rows = new ArrayList<Comparison.Row>();
    for (String size : sizes) {
      HeadCase head = HeadCase.parse(size);
      for (String count : threads) {
        var comparison = new Comparison(head, Integer.parseInt(count));
        for (Comparison.Row row : comparison.run(new Rounds(rounds, seconds))) {
          print(row);
          rows.add(row);
        }
      }
    }
    if (json != null) {
      write(json, rows);
    }
  }

  private static void print(Comparison.Row row) {
    System.out.printf(
        Locale.ROOT,
        "%-14s %7d  %-12s %10.3f %8.3f..%8.3f %9.2f %13.2f %8.1f%n",
        row.size(),
        row.threads(),
        row.engine(),
        row.medianMs(),
        row.lowestMs(),
        row.highestMs(),
        row.ratio(),
        row.directGflops() / row.peakGflops(),
        row.peakGflops());
  }

  private static void write(Path file, List<Comparison.Row> rows) throws IOException {
    var lines = new ArrayList<String>();
    for (Comparison.Row row : rows) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  {\"size\": \"%s\", \"threads\": %d, \"engine\": \"%s\", \"median_ms\": %.4f,"
                  + " \"lowest_ms\": %.4f, \"highest_ms\": %.4f, \"times_rpn_f2\": %.4f,"
                  + " \"direct_gflops\": %.2f, \"peak_gflops\": %.2f}",
              row.size(),
              row.threads(),
              row.engine(),
              row.medianMs(),
              row.lowestMs(),
              row.highestMs(),
              row.ratio(),
              row.directGflops(),
              row.peakGflops()));
    }
    Files.writeString(file, "[\n" + String.join(",\n", lines) + "\n]\n");
  }
}
