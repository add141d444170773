package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Once compiled, kernels allocate nothing, whatever the program did before: a vector that escaped
 * would show here.
 */
class SteadyStateTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CALLS = 20;
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final int CHANNELS = 48;
  private static final int FAR_OUTPUTS = 400;
  private static final int ANCHORS = 9;
  private static final MapShape SHAPE = new MapShape(1, 15, 17, CHANNELS);

  /** Below that the compiler lacks some vector operations: correct, but with objects. */
  @BeforeAll
  static void requireAllVectorOperations() {
    assumeTrue(Species.LANES * Float.SIZE >= 256, "needs vectors of at least 256 bits");
  }

  @BeforeAll
  static void useMemoryOtherwise() {
    Application.run();
  }

  private final InferenceKernels kernels = new SimdKernelProvider().inference();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "convolution F2",
        "convolution F4",
        "far",
        "thin",
        "input gradient",
        "head F2",
        "head F4",
        "pool"
      })
  void allocatesNothing(String stage) {
    try (Arena arena = Arena.ofConfined()) {
      StageKernel kernel = stages(arena).get(stage);
      MemorySegment input = Segments.allocate(arena, SHAPE.elements());
      MemorySegment output = Segments.allocate(arena, kernel.output(SHAPE).elements());
      MemorySegment packed = arena.allocate(kernel.packedBytes(), Segments.ALIGNMENT);
      MemorySegment scratch = arena.allocate(kernel.scratchBytes(SHAPE), Segments.ALIGNMENT);
      kernel.pack(packed, 0, 1);
      int blocks = kernel.blocks(SHAPE, 2);
      assertReachesNoAllocation(() -> {
        for (int block = 0; block < blocks; block++) {
          kernel.run(SHAPE, input, output, packed, scratch, block, blocks);
        }
      });
    }
  }

  @Test
  void sigmoidAllocatesNothing() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = Segments.allocate(arena, 1003);
      assertReachesNoAllocation(() -> kernels.sigmoid(values, values, 0, 1003));
    }
  }

  /** Gradients and optimisers: every part of two, as if by two workers. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "weights by Winograd",
        "weights by Winograd, narrow",
        "weights direct",
        "heads' weights",
        "pool",
        "adam",
        "sgd"
      })
  void trainingAllocatesNothing(String gradient) {
    try (Arena arena = Arena.ofConfined()) {
      TrainingPart part = Objects.requireNonNull(gradients(arena).get(gradient));
      assertReachesNoAllocation(() -> {
        part.run(0, 2);
        part.run(1, 2);
      });
    }
  }

  /** One share of a gradient or an update. */
  private interface TrainingPart {
    void run(int part, int parts);
  }

  private static Map<String, TrainingPart> gradients(Arena arena) {
    TrainingKernels training = new SimdKernelProvider().training();
    // A last register tile that is filled in part only, a panel likewise.
    int many = CHANNELS + Species.PANEL + 3;
    int positions = SHAPE.positions();
    long elements = (long) positions * many;
    MapShape wide = SHAPE.withChannels(many);
    MemorySegment map = Segments.allocate(arena, elements);
    MemorySegment other = Segments.allocate(arena, elements);
    MemorySegment third = Segments.allocate(arena, elements);
    MemorySegment fourth = Segments.allocate(arena, elements);
    MemorySegment kernel = Segments.allocate(arena, 9L * many * many);
    MemorySegment bias = Segments.allocate(arena, many);
    MemorySegment locationKernel = Segments.allocate(arena, 4L * many * ANCHORS);
    MemorySegment locationBias = Segments.allocate(arena, 4L * ANCHORS);
    MemorySegment scratch =
        arena.allocate(
            Math.max(
                training.weightGradientScratchBytes(wide, many),
                Math.max(
                    training.weightGradientScratchBytes(wide, 3),
                    training.headsWeightGradientScratchBytes(wide, ANCHORS))),
            Segments.ALIGNMENT);
    var adam = new TrainingKernels.AdamStep(1e-3f, 1, 1e-7f, 0.1f, 1e-3f, 1);
    var sgd = new TrainingKernels.SgdStep(1e-3f, 0.9f, 1e-4f);
    return Map.of(
        "weights by Winograd",
        (part, parts) ->
            training.weightGradient(wide, many, map, other, kernel, bias, scratch, part, parts),
        "weights by Winograd, narrow",
        (part, parts) ->
            training.weightGradient(
                wide,
                WeightGradient.LEAST_CHANNELS,
                map,
                other,
                kernel,
                bias,
                scratch,
                part,
                parts),
        "weights direct",
        (part, parts) ->
            training.weightGradient(wide, 3, map, other, kernel, bias, scratch, part, parts),
        "heads' weights",
        (part, parts) ->
            training.headsWeightGradient(
                wide,
                ANCHORS,
                map,
                other,
                kernel,
                bias,
                locationKernel,
                locationBias,
                scratch,
                part,
                parts),
        "pool",
        (part, parts) -> training.maxPoolGradient(wide, map, other, third, part, parts),
        "adam",
        (part, parts) -> training.adam(adam, map, other, third, fourth, elements, part, parts),
        "sgd",
        (part, parts) -> training.sgd(sgd, map, other, third, elements, part, parts));
  }

  private Map<String, StageKernel> stages(Arena arena) {
    var convolution =
        new ConvolutionWeights(
            CHANNELS,
            CHANNELS,
            Segments.allocate(arena, 9L * CHANNELS * CHANNELS),
            Segments.allocate(arena, CHANNELS));
    var head =
        new HeadWeights(
            convolution,
            ANCHORS,
            Segments.allocate(arena, (long) CHANNELS * ANCHORS),
            Segments.allocate(arena, ANCHORS),
            Segments.allocate(arena, 4L * CHANNELS * ANCHORS),
            Segments.allocate(arena, 4L * ANCHORS));
    Map<String, StageKernel> stages = new TreeMap<>();
    for (Algorithm algorithm : Algorithm.values()) {
      stages.put("convolution " + algorithm, kernels.convolution(convolution, algorithm));
      stages.put("head " + algorithm, kernels.head(head, algorithm));
    }
    var thin =
        new ConvolutionWeights(
            CHANNELS, 3, Segments.allocate(arena, 9L * CHANNELS * 3), Segments.allocate(arena, 3));
    // Filters of more than a megabyte; the last panel is not full.
    var far =
        new ConvolutionWeights(
            CHANNELS,
            FAR_OUTPUTS,
            Segments.allocate(arena, 9L * CHANNELS * FAR_OUTPUTS),
            Segments.allocate(arena, FAR_OUTPUTS));
    stages.put("far", kernels.convolution(far, Algorithm.F2));
    stages.put("thin", kernels.convolution(thin, Algorithm.F2));
    MemorySegment forward = Segments.allocate(arena, SHAPE.elements());
    TrainingKernels training = new SimdKernelProvider().training();
    stages.put("input gradient", training.inputGradient(convolution, forward));
    stages.put("pool", kernels.maxPool(CHANNELS));
    return stages;
  }

  /** Until the compiler is through, vectors are objects: calls again until a round is clean. */
  private static void assertReachesNoAllocation(Runnable call) {
    long end = System.nanoTime() + LIMIT.toNanos();
    long bytes;
    do {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        call.run();
      }
      bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    } while (bytes != 0 && System.nanoTime() < end);
    assertThat(bytes).as("bytes allocated in %d calls", CALLS).isZero();
  }
}
