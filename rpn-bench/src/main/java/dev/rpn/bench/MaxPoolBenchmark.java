package dev.rpn.bench;

import dev.rpn.kernel.Kernels;
import dev.rpn.model.MapShape;
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

/** A 2x2 max-pooling on one thread, at the first and the last of VGG16's sizes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class MaxPoolBenchmark {
  /** Height, width, channels. */
  @Param({"224x224x64", "28x28x512"})
  public String size;

  @Param({"simd", "scalar"})
  public String kernels;

  private final Arena arena = Arena.ofAuto();
  private StageRun stage;

  @Setup
  public void open() {
    String[] sides = size.split("x", -1);
    int channels = Integer.parseInt(sides[2]);
    stage =
        new StageRun(
            arena,
            Kernels.named(kernels).inference().maxPool(channels),
            new MapShape(1, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), channels));
  }

  @Benchmark
  public MemorySegment run() {
    return stage.run();
  }
}
