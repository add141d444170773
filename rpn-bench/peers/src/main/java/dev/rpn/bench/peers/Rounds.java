package dev.rpn.bench.peers;

import java.util.Arrays;

/**
 * Times contenders in turns, so that what the machine does meanwhile meets all of them alike. A
 * round's figure is the median of its calls; the result, the median of the rounds.
 */
final class Rounds {
  /** For the spinning workers of the one before to fall asleep. */
  private static final long PAUSE_MILLIS = 50;

  private static final int FEWEST_CALLS = 3;

  /** Compiled code is steady after some thirty calls. */
  private static final int WARM_UP_CALLS = 30;

  private final long warmUpNanos;
  private final long roundNanos;
  private final int count;

  Rounds(int rounds, double seconds) {
    warmUpNanos = (long) (seconds * 1e9);
    roundNanos = warmUpNanos / rounds;
    count = rounds;
  }

  /** Runs a contender until the time of all its rounds is spent once, thirty calls at least. */
  void warmUp(Contender contender) {
    long start = System.nanoTime();
    int calls = 0;
    while (calls < WARM_UP_CALLS || System.nanoTime() - start < warmUpNanos) {
      contender.run();
      calls++;
    }
  }

  /** One contender's round: the median of its calls in milliseconds. */
  double measure(Contender contender) throws InterruptedException {
    Thread.sleep(PAUSE_MILLIS);
    contender.run();
    double[] calls = new double[1024];
    int count = 0;
    long start = System.nanoTime();
    long before = start;
    while (count < FEWEST_CALLS || before - start < roundNanos) {
      contender.run();
      long now = System.nanoTime();
      if (count == calls.length) {
        calls = Arrays.copyOf(calls, 2 * count);
      }
      calls[count++] = (now - before) * 1e-6;
      before = now;
    }
    return median(Arrays.copyOf(calls, count));
  }

  int count() {
    return count;
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
  }
}
