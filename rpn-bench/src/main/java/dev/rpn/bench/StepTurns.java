package dev.rpn.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * Training steps in turns with another program's, so that what disturbs the machine disturbs both
 * alike (see {@code tools/step_turns.py}): for each line of standard input, a number of seconds,
 * one line of milliseconds a step.
 */
final class StepTurns {
  private static final double WARM_UP_SECONDS = 8;

  private StepTurns() {}

  /**
   * Runs until standard input ends.
   *
   * @param args size (as of the benchmarks) and threads
   */
  public static void main(String[] args) throws IOException {
    var benchmark = new TrainingStepBenchmark();
    benchmark.size = args[0];
    benchmark.threads = Integer.parseInt(args[1]);
    benchmark.path = "simd";
    benchmark.open();
    steps(benchmark, WARM_UP_SECONDS);
    System.out.println("ready");
    var input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      benchmark.step(); // Another program had the caches.
      System.out.println(steps(benchmark, Double.parseDouble(line)));
    }
    benchmark.close();
  }

  private static String steps(TrainingStepBenchmark benchmark, double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    var milliseconds = new StringJoiner(" ");
    while (System.nanoTime() < end) {
      long before = System.nanoTime();
      benchmark.step();
      milliseconds.add(String.format(Locale.ROOT, "%.3f", (System.nanoTime() - before) / 1e6));
    }
    return milliseconds.toString();
  }
}
