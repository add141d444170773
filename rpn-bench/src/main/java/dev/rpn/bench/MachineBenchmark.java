package dev.rpn.bench;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What this machine could do: the ceilings that the other figures stand under. Counts are per
 * nanosecond, so that {@code flops} reads as GFLOP/s and {@code bytes} as GB/s, of all threads
 * together ({@code -t 2}).
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class MachineBenchmark {
  /** Multiply-adds without memory in the way, two operations each. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Arithmetic {
    public long flops;
    private final KernelProvider kernels = Kernels.chosen();
  }

  /** Traffic as STREAM counts it: each array read or written once. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Traffic {
    /** 128 MB an array: larger than the last-level cache. */
    private static final int COUNT = 32 << 20;

    public long bytes;
    private float[] a;
    private float[] b;
    private float[] c;

    @Setup
    public void allocate() {
      a = new float[COUNT];
      b = new float[COUNT];
      c = new float[COUNT];
      Arrays.fill(a, 1);
      Arrays.fill(b, 2);
      Arrays.fill(c, 3);
    }
  }

  @Benchmark
  public void multiplyAdds(Arithmetic work) {
    work.flops += 2 * work.kernels.multiplyAdds(100);
  }

  @Benchmark
  public float[] copy(Traffic memory) {
    System.arraycopy(memory.b, 0, memory.a, 0, Traffic.COUNT);
    memory.bytes += 2L * Float.BYTES * Traffic.COUNT;
    return memory.a;
  }

  @Benchmark
  public float[] triad(Traffic memory) {
    float[] a = memory.a;
    float[] b = memory.b;
    float[] c = memory.c;
    for (int i = 0; i < Traffic.COUNT; i++) {
      a[i] = b[i] + 3f * c[i];
    }
    memory.bytes += 3L * Float.BYTES * Traffic.COUNT;
    return a;
  }
}
