package dev.rpn.bench;

import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.Kernels;
import dev.rpn.kernel.Segments;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The logistic function of the main size's 17,100 logits. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class SigmoidBenchmark {
  private static final int COUNT = 38 * 50 * 9;

  @Param({"simd", "scalar"})
  public String kernels;

  private final Arena arena = Arena.ofAuto();
  private InferenceKernels inference;
  private MemorySegment logits;
  private MemorySegment probabilities;

  @Setup
  public void open() {
    inference = Kernels.named(kernels).inference();
    logits = RandomValues.normal(arena, COUNT, 3);
    probabilities = Segments.allocate(arena, COUNT);
  }

  @Benchmark
  public MemorySegment run() {
    inference.sigmoid(logits, probabilities, 0, COUNT);
    return probabilities;
  }
}
