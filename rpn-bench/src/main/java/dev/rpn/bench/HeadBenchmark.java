package dev.rpn.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.Kernels;
import dev.rpn.model.Architecture;
import dev.rpn.model.Network;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The whole head through its engine: feature map in, logits and deltas out. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class HeadBenchmark {
  /** Height, width, channels, anchors. */
  @Param({"38x50x512x9", "14x14x512x9", "63x38x512x9", "100x136x256x3", "200x304x256x3"})
  public String size;

  /** Kernels and algorithm. */
  @Param({"simd-f2", "simd-f4", "scalar-f2"})
  public String path;

  /** Threads of the engine. */
  @Param({"1", "2"})
  public int threads;

  private HeadSize head;
  private final Arena arena = Arena.ofAuto();
  private MemorySegment input;
  private NetworkEngine engine;

  @Setup
  public void open() {
    head = HeadSize.parse(size);
    String[] choice = path.split("-", 2);
    input = RandomValues.normal(arena, head.map().elements(), 1);
    EngineOptions options =
        EngineOptions.standard()
            .withKernels(Kernels.named(choice[0]))
            .withAlgorithm(Algorithm.valueOf(choice[1].toUpperCase(Locale.ROOT)))
            .withThreads(threads);
    engine =
        new NetworkEngine(
            Network.initialized(Architecture.of(head.head()), 1), options, head.map());
  }

  @Benchmark
  public float forward() {
    engine.forward(0, head.map(), input);
    return engine.logits(0).get(JAVA_FLOAT, 0);
  }

  @TearDown
  public void close() {
    engine.close();
  }
}
