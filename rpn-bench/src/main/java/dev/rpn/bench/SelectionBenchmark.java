package dev.rpn.bench;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.engine.HeadOutput;
import dev.rpn.engine.ProposalSelector;
import dev.rpn.engine.Proposals;
import java.lang.foreign.Arena;
import java.util.List;
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

/**
 * Proposals of 17,100 anchors: top-k, decoding, clipping, suppression. Logits and deltas are normal
 * with the deviation that a freshly initialised head gives on a normal feature map (weights of
 * deviation 0.02: sqrt(512 * 0.92) * 0.02), which is what the peers are timed on.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class SelectionBenchmark {
  private static final Size GRID = new Size(38, 50);
  private static final Size PICTURE = new Size(608, 800);
  private static final double DEVIATION = 0.434;

  /** Before and after suppression. */
  @Param({"1000/1000", "6000/300"})
  public String counts;

  private final Profile profile = Profile.TORCHVISION;
  private final Arena arena = Arena.ofAuto();
  private Anchors anchors;
  private ProposalLimits limits;
  private ProposalSelector selector;
  private List<HeadOutput> outputs;
  private List<Size> pictures;

  @Setup
  public void open() {
    String[] sides = counts.split("/", -1);
    limits = new ProposalLimits(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), 0.7, 0);
    anchors =
        new Anchors(
            AnchorRecipe.of(List.of(128f, 256f, 512f), List.of(0.5f, 1f, 2f), 16),
            profile,
            PICTURE,
            List.of(GRID));
    selector = new ProposalSelector(profile, anchors, 1, limits);
    int count = anchors.count(0);
    outputs =
        List.of(
            new HeadOutput(
                RandomValues.normal(arena, count, DEVIATION),
                RandomValues.normal(arena, 4L * count, DEVIATION)));
    pictures = List.of(PICTURE);
  }

  @Benchmark
  public Proposals select() {
    return selector.select(anchors, outputs, pictures, limits);
  }
}
