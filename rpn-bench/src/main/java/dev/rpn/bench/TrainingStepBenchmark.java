package dev.rpn.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.Kernels;
import dev.rpn.loss.Losses;
import dev.rpn.model.Architecture;
import dev.rpn.model.CompiledNetwork;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import dev.rpn.train.FitData;
import dev.rpn.train.FitSession;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Random;
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

/**
 * A whole step of {@code rpn fit}: forward, both losses over all anchors, all gradients, the check
 * that they are finite, Adam, packing of the new weights.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class TrainingStepBenchmark {
  /** Height, width, channels, anchors. */
  @Param({"38x50x512x9", "14x14x512x9"})
  public String size;

  /** Kernels. */
  @Param({"simd", "scalar"})
  public String path;

  /** Threads that share a step. */
  @Param({"1", "2"})
  public int threads;

  private Workers workers;
  private FitSession session;

  @Setup
  public void open() {
    HeadSize head = HeadSize.parse(size);
    MapShape map = head.map();
    int anchors = head.head().anchors();
    var random = new Random(1);
    Tensor x = Tensor.zeros(1, map.height(), map.width(), map.channels());
    fill(x.data(), random, 0);
    Tensor objects = Tensor.zeros(1, map.height(), map.width(), anchors);
    fill(objects.data(), random, 0.1);
    Tensor deltas = Tensor.zeros(1, map.height(), map.width(), 4 * anchors);
    fill(deltas.data(), random, 0);
    CompiledNetwork compiled =
        Network.initialized(Architecture.of(head.head()), 1)
            .compile(
                Adam.keras(),
                Map.of(
                    RpnHead.CLASSIFICATION,
                    Losses.named("binary_crossentropy"),
                    RpnHead.LOCATION,
                    Losses.named("mse")));
    workers = new Workers(threads);
    session =
        new FitSession(compiled, new FitData(x, objects, deltas), Kernels.named(path), workers);
  }

  /** Normally distributed, or 1 at a share of the places and else 0. */
  private static void fill(MemorySegment values, Random random, double share) {
    for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
      float value =
          share == 0 ? (float) random.nextGaussian() : random.nextDouble() < share ? 1f : 0f;
      values.setAtIndex(JAVA_FLOAT, i, value);
    }
  }

  @Benchmark
  public double step() {
    session.step();
    return session.loss();
  }

  @TearDown
  public void close() {
    session.close();
    workers.close();
  }
}
