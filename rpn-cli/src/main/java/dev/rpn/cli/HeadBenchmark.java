package dev.rpn.cli;

import com.sun.management.ThreadMXBean;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/** Times the head on random values, warm, call by call. */
final class HeadBenchmark {
  /** As many samples as one may want; a longer run keeps the first. */
  private static final int MOST_CALLS = 1 << 20;

  private static final int LEAST_CALLS = 5;

  private static final int PEAK_WINDOWS = 5;

  private final MapShape shape;
  private final int anchors;
  private final EngineOptions options;

  HeadBenchmark(MapShape shape, int anchors, EngineOptions options) {
    this.shape = shape;
    this.anchors = anchors;
    this.options = options;
  }

  /** Measures for about so long, after warming up. */
  BenchResult run(double seconds, Progress progress) throws InterruptedException {
    var random = new SplittableRandom(1);
    Network network =
        Network.initialized(Architecture.of(new RpnHead(shape.channels(), anchors)), 1);
    Tensor input = Tensor.zeros(1, shape.height(), shape.width(), shape.channels());
    for (int i = 0; i < input.size(); i++) {
      input.set(i, (float) random.nextGaussian());
    }
    var peak = new MachinePeak(options.threads());
    long[] nanos = new long[MOST_CALLS];
    try (var engine = new NetworkEngine(network, options, shape)) {
      progress.at(0, 1, "warming up");
      engine.warmUp(0, shape);
      peak.measure(PEAK_WINDOWS);
      // Nothing may be shown between two calls: said once, before.
      progress.at(0, 1, String.format(Locale.ROOT, "measuring for %.0f s", seconds));
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long limit = (long) (seconds * 1e9);
      int calls = 0;
      // Asked once before, so that what the question itself sets up is not counted.
      threads.getTotalThreadAllocatedBytes();
      long allocated = threads.getTotalThreadAllocatedBytes();
      long began = System.nanoTime();
      long now = began;
      while (calls < MOST_CALLS && (calls < LEAST_CALLS || now - began < limit)) {
        engine.forward(0, shape, input.data());
        long end = System.nanoTime();
        nanos[calls++] = end - now;
        now = end;
      }
      allocated = threads.getTotalThreadAllocatedBytes() - allocated;
      peak.measure(PEAK_WINDOWS);
      return result(Arrays.copyOf(nanos, calls), allocated, peak);
    }
  }

  private BenchResult result(long[] nanos, long allocated, MachinePeak peak) {
    int calls = nanos.length;
    Arrays.sort(nanos);
    double median = (nanos[(calls - 1) / 2] + nanos[calls / 2]) / 2.0;
    long p99 = nanos[(int) Math.ceil(0.99 * calls) - 1];
    double direct = 2.0 * 9 * shape.positions() * shape.channels() * shape.channels();
    return new BenchResult(
        options.kernels().name(),
        options.threads(),
        median / 1e6,
        p99 / 1e6,
        calls,
        (double) allocated / calls,
        direct / median,
        peak.gigaflops());
  }
}
