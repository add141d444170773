package dev.rpn.bench;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.Kernels;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
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

/** A 3x3 convolution with bias and ReLU on one thread: the head's, and some of VGG16's. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class ConvolutionBenchmark {
  /** Height, width, channels in, channels out. */
  @Param({"38x50x512x512", "56x56x256x256", "224x224x64x64", "224x224x3x64"})
  public String size;

  /** Kernels and algorithm. */
  @Param({"simd-f2", "simd-f4", "scalar-f2"})
  public String path;

  private final Arena arena = Arena.ofAuto();
  private StageRun stage;

  @Setup
  public void open() {
    String[] sides = size.split("x", -1);
    int inputs = Integer.parseInt(sides[2]);
    int outputs = Integer.parseInt(sides[3]);
    String[] choice = path.split("-", 2);
    var weights =
        new ConvolutionWeights(
            inputs,
            outputs,
            RandomValues.normal(arena, 9L * inputs * outputs, 0.02),
            RandomValues.normal(arena, outputs, 0.02));
    StageKernel kernel =
        Kernels.named(choice[0])
            .inference()
            .convolution(weights, Algorithm.valueOf(choice[1].toUpperCase(Locale.ROOT)));
    stage =
        new StageRun(
            arena,
            kernel,
            new MapShape(1, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), inputs));
  }

  @Benchmark
  public MemorySegment run() {
    return stage.run();
  }
}
