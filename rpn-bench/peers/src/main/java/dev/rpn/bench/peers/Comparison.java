package dev.rpn.bench.peers;

import ai.onnxruntime.OrtException;
import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** All contenders on one size with one number of threads. */
final class Comparison {
  /** Largest relative L2 difference from this engine's F(2x2,3x3). */
  private static final double TOLERANCE = 1e-4;

  private final HeadCase head;
  private final int threads;

  /**
   * What was measured of one contender.
   *
   * @param medianMs of the rounds
   * @param lowestMs the best round
   * @param highestMs the worst round
   * @param ratio its time over that of this engine's F(2x2,3x3), the median over rounds
   * @param directGflops a direct convolution's operations over the median time
   * @param peakGflops the machine's in the same rounds
   */
  record Row(
      String size,
      int threads,
      String engine,
      double medianMs,
      double lowestMs,
      double highestMs,
      double ratio,
      double directGflops,
      double peakGflops) {}

  Comparison(HeadCase head, int threads) {
    this.head = head;
    this.threads = threads;
  }

  List<Row> run(Rounds rounds) throws OrtException, InterruptedException, ExecutionException {
    try (var f2 = new OwnEngine(head, Algorithm.F2, threads);
        var f4 = new OwnEngine(head, Algorithm.F4, threads);
        var onnxRuntime = new OnnxRuntime(head, threads);
        var oneDnn = new OneDnn(head, threads);
        var peak = new Peak(Kernels.chosen(), threads)) {
      List<Contender> contenders = List.of(f2, f4, onnxRuntime, oneDnn);
      f2.run();
      for (Contender contender : contenders) {
        rounds.warmUp(contender);
        check(contender, f2);
      }
      peak.warmUp();
      double[][] times = new double[contenders.size()][rounds.count()];
      double[] peaks = new double[rounds.count()];
      for (int round = 0; round < rounds.count(); round++) {
        peaks[round] = peak.gflops();
        for (int i = 0; i < times.length; i++) {
          times[i][round] = rounds.measure(contenders.get(i));
        }
      }
      var rows = new ArrayList<Row>();
      for (int i = 0; i < times.length; i++) {
        rows.add(row(contenders.get(i).name(), times[i], times[0], Rounds.median(peaks)));
      }
      return rows;
    }
  }

  private Row row(String name, double[] times, double[] ours, double peak) {
    double[] ratios = new double[times.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = times[i] / ours[i];
    }
    double median = Rounds.median(times);
    return new Row(
        head.text(),
        threads,
        name,
        median,
        Arrays.stream(times).min().orElseThrow(),
        Arrays.stream(times).max().orElseThrow(),
        Rounds.median(ratios),
        head.directOperations() / median * 1e-6,
        peak);
  }

  /** A contender that computes something else is not timed. */
  private void check(Contender contender, Contender expected) {
    String[] names = {"probabilities", "deltas"};
    for (int output = 0; output < names.length; output++) {
      double difference = difference(contender.outputs()[output], expected.outputs()[output]);
      // Written so that NaN fails.
      if (!(difference <= TOLERANCE)) {
        throw new IllegalStateException(
            contender.name()
                + ", "
                + head.text()
                + ": "
                + names[output]
                + ": expected a relative difference of at most "
                + TOLERANCE
                + ", got "
                + difference);
      }
    }
  }

  private static double difference(float[] actual, float[] expected) {
    if (actual.length != expected.length) {
      return Double.NaN;
    }
    double error = 0;
    double size = 0;
    for (int i = 0; i < actual.length; i++) {
      double d = (double) actual[i] - expected[i];
      error += d * d;
      size += (double) expected[i] * expected[i];
    }
    return Math.sqrt(error / size);
  }
}
