package dev.rpn.cli;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Multiply-adds a second that this machine's processor can do at most, on so many threads at the
 * same time: what a direct convolution can't pass. Measured in windows, so that they can be taken
 * before and after what is compared with them.
 */
final class MachinePeak {
  private static final long WINDOW = TimeUnit.MILLISECONDS.toNanos(100);

  private final int threads;
  private final KernelProvider kernels;
  private final long rounds;
  private final List<Double> gigaflops = new ArrayList<>();

  /** Finds the fastest of all kernels for it, and how long a window is; takes some seconds. */
  MachinePeak(int threads) {
    this(threads, Kernels.available());
  }

  MachinePeak(int threads, List<KernelProvider> providers) {
    this.threads = threads;
    KernelProvider best = providers.get(0);
    double most = 0;
    for (KernelProvider provider : providers) {
      double rate = rate(provider);
      if (rate > most) {
        best = provider;
        most = rate;
      }
    }
    kernels = best;
    rounds = Math.max(1, (long) (most * WINDOW / best.multiplyAdds(1)));
  }

  /**
   * Multiply-adds a nanosecond, once compiled: C2 may take half a second for it. Not rounds, which
   * are as long as a provider likes.
   */
  private static double rate(KernelProvider provider) {
    double most = 0;
    for (long rounds = 1, spent = 0; spent < 10 * WINDOW; rounds *= 2) {
      long start = System.nanoTime();
      long done = provider.multiplyAdds(rounds);
      long took = Math.max(1, System.nanoTime() - start);
      spent += took;
      most = Math.max(most, (double) done / took);
    }
    return most;
  }

  /** Measures for some windows. */
  void measure(int windows) throws InterruptedException {
    for (int i = 0; i < windows; i++) {
      gigaflops.add(window());
    }
  }

  private double window() throws InterruptedException {
    var start = new CountDownLatch(1);
    long[] operations = new long[threads];
    var workers = new ArrayList<Thread>();
    for (int t = 0; t < threads; t++) {
      int index = t;
      workers.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  start.await();
                  operations[index] = 2 * kernels.multiplyAdds(rounds);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    long began = System.nanoTime();
    start.countDown();
    long sum = 0;
    for (int t = 0; t < threads; t++) {
      workers.get(t).join();
      sum += operations[t];
    }
    return (double) sum / (System.nanoTime() - began);
  }

  /** The median of all windows, in 10^9 operations a second. */
  double gigaflops() {
    double[] sorted = gigaflops.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
