package dev.rpn.bench.peers;

import dev.rpn.kernel.KernelProvider;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The multiply-add peak of so many threads at once, which no direct convolution can pass. */
final class Peak implements AutoCloseable {
  private static final long NANOS = 200_000_000;

  private final KernelProvider kernels;
  private final int threads;
  private final ExecutorService executor;

  Peak(KernelProvider kernels, int threads) {
    this.kernels = kernels;
    this.threads = threads;
    executor = Executors.newFixedThreadPool(threads);
  }

  /** Two seconds, for the compiler. */
  void warmUp() throws InterruptedException, ExecutionException {
    for (int i = 0; i < 10; i++) {
      gflops();
    }
  }

  /** Measures for a fifth of a second; two operations a multiply-add. */
  double gflops() throws InterruptedException, ExecutionException {
    var rates = new ArrayList<Future<Double>>();
    for (int i = 0; i < threads; i++) {
      rates.add(executor.submit(this::rate));
    }
    double sum = 0;
    for (Future<Double> rate : rates) {
      sum += rate.get();
    }
    return sum;
  }

  private double rate() {
    long done = 0;
    long start = System.nanoTime();
    long now = start;
    while (now - start < NANOS) {
      done += kernels.multiplyAdds(100);
      now = System.nanoTime();
    }
    return 2.0 * done / (now - start);
  }

  @Override
  public void close() {
    executor.close();
  }
}
