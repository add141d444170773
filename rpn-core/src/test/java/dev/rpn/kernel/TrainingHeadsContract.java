package dev.rpn.kernel;

import static dev.rpn.kernel.KernelTestSupport.assertSameBits;
import static dev.rpn.kernel.KernelTestSupport.assertWithin;
import static dev.rpn.kernel.KernelTestSupport.fill;
import static dev.rpn.kernel.KernelTestSupport.gamma;
import static dev.rpn.kernel.KernelTestSupport.inParts;
import static dev.rpn.kernel.KernelTestSupport.input;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.KernelTestSupport.Fill;
import dev.rpn.kernel.KernelTestSupport.Guarded;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every implementation of {@link TrainingKernels} must do for the two 1x1 layers. */
public abstract class TrainingHeadsContract {
  private static final int[] PARTS = {1, 2, 3, 7};

  /** The implementation under test. */
  protected abstract KernelProvider provider();

  private TrainingKernels kernels() {
    return provider().training();
  }

  /** A hidden map's shape and k. */
  record Case(MapShape shape, int anchors) {
    static Case of(int batch, int height, int width, int channels, int anchors) {
      return new Case(new MapShape(batch, height, width, channels), anchors);
    }
  }

  static Stream<Case> cases() {
    Stream<Case> anchors =
        Stream.of(1, 3, 9, 15).flatMap(k -> Stream.of(Case.of(1, 1, 1, 1, k), of(k)));
    Stream<Case> channels =
        Stream.iterate(1, c -> c <= 17, c -> c + 1).map(c -> Case.of(1, 3, 3, c, 2));
    return Stream.concat(
        Stream.concat(anchors, channels),
        Stream.of(
            Case.of(2, 7, 13, 64, 3),
            Case.of(1, 9, 29, 70, 9),
            Case.of(3, 1, 23, 5, 1),
            Case.of(1, 3, 2, 600, 4)));
  }

  private static Case of(int anchors) {
    return Case.of(2, 5, 7, 33, anchors);
  }

  /** Random heads, their hidden map and the gradients at their two planes. */
  private record Heads(
      Case c,
      float[] hidden,
      float[] classification,
      float[] classificationBias,
      float[] location,
      float[] locationBias,
      float[] outGradient) {
    static Heads random(Case c, Fill fill, String name) {
      Random random = KernelTestSupport.random(name + fill + c);
      int channels = c.shape.channels();
      int k = c.anchors;
      return new Heads(
          c,
          fill(fill, c.shape.elements(), random),
          fill(fill, channels * k, random),
          fill(fill, k, random),
          fill(fill, channels * 4 * k, random),
          fill(fill, 4 * k, random),
          fill(fill, c.shape.positions() * 5 * k, random));
    }

    HeadWeights weights(Arena arena) {
      int channels = c.shape.channels();
      return new HeadWeights(
          new ConvolutionWeights(
              channels,
              channels,
              Segments.allocate(arena, 9L * channels * channels),
              Segments.allocate(arena, channels)),
          c.anchors,
          input(arena, classification),
          input(arena, classificationBias),
          input(arena, location),
          input(arena, locationBias));
    }

    float[] logitGradient() {
      return Arrays.copyOf(outGradient, c.shape.positions() * c.anchors);
    }

    float[] deltaGradient() {
      return Arrays.copyOfRange(outGradient, c.shape.positions() * c.anchors, outGradient.length);
    }
  }

  private float[] forward(Heads heads, int threads) {
    try (Arena arena = Arena.ofConfined()) {
      StageKernel stage = kernels().heads(heads.weights(arena));
      MapShape shape = heads.c.shape;
      assertThat(stage.output(shape)).isEqualTo(shape.withChannels(5 * heads.c.anchors));
      return KernelTestSupport.run(stage, shape, heads.hidden, threads);
    }
  }

  private float[] inputGradient(Heads heads, int threads) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment hidden = input(arena, heads.hidden);
      StageKernel stage = kernels().headsInputGradient(heads.weights(arena), hidden);
      MapShape shape = heads.c.shape.withChannels(5 * heads.c.anchors);
      assertThat(stage.output(shape)).isEqualTo(heads.c.shape);
      return KernelTestSupport.run(stage, shape, heads.outGradient, threads);
    }
  }

  /** Gradients of the classification's kernel and bias, then the location's. */
  private float[][] weightGradient(Heads heads, int parts) {
    int k = heads.c.anchors;
    int channels = heads.c.shape.channels();
    try (Arena arena = Arena.ofConfined()) {
      Guarded[] out = {
        Guarded.output(arena, (long) channels * k),
        Guarded.output(arena, k),
        Guarded.output(arena, 4L * channels * k),
        Guarded.output(arena, 4L * k)
      };
      MemorySegment hidden = input(arena, heads.hidden);
      MemorySegment gradient = input(arena, heads.outGradient);
      Guarded scratch =
          Guarded.bytes(arena, kernels().headsWeightGradientScratchBytes(heads.c.shape, k));
      inParts(
          parts,
          part ->
              kernels()
                  .headsWeightGradient(
                      heads.c.shape,
                      k,
                      hidden,
                      gradient,
                      out[0].segment(),
                      out[1].segment(),
                      out[2].segment(),
                      out[3].segment(),
                      scratch.segment(),
                      part,
                      parts));
      scratch.assertIntact();
      return Arrays.stream(out).map(Guarded::floats).toArray(float[][]::new);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyOutputIsOneChainOverTheChannelsPlusItsBias(Case c) {
    Heads heads = Heads.random(c, Fill.NORMAL, "forward");
    int k = c.anchors;
    int channels = c.shape.channels();
    int positions = c.shape.positions();
    float[] expected = new float[positions * 5 * k];
    for (int p = 0; p < positions; p++) {
      for (int o = 0; o < 5 * k; o++) {
        boolean logit = o < k;
        int width = logit ? k : 4 * k;
        int column = logit ? o : o - k;
        float[] kernel = logit ? heads.classification : heads.location;
        float sum = 0;
        for (int i = 0; i < channels; i++) {
          sum = Fma.of(heads.hidden[p * channels + i], kernel[i * width + column], sum);
        }
        float bias = (logit ? heads.classificationBias : heads.locationBias)[column];
        expected[(logit ? 0 : positions * k) + p * width + column] = sum + bias;
      }
    }
    for (int threads : PARTS) {
      assertSameBits("heads " + c, forward(heads, threads), expected);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreExactOnSmallIntegersWhateverTheSplit(Case c) {
    Heads heads = Heads.random(c, Fill.INTEGERS, "integers");
    Expected expected = Expected.of(heads, false);
    for (int parts : PARTS) {
      float[][] actual = weightGradient(heads, parts);
      for (int i = 0; i < 4; i++) {
        assertWithin("tensor " + i, actual[i], expected.weights[i], new double[actual[i].length]);
      }
      assertWithin(
          "input", inputGradient(heads, parts), expected.input, new double[expected.input.length]);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsStayWithinTheDerivedBounds(Case c) {
    for (Fill fill : new Fill[] {Fill.NORMAL, Fill.RELU, Fill.WIDE, Fill.CANCELLING}) {
      Heads heads = Heads.random(c, fill, "bound");
      Expected expected = Expected.of(heads, false);
      Expected magnitudes = Expected.of(heads, true);
      float[][] actual = weightGradient(heads, 1);
      for (int i = 0; i < 4; i++) {
        int operations = c.shape.positions() + 1;
        double[] bounds = bounds(magnitudes.weights[i], operations);
        assertWithin(fill + " tensor " + i, actual[i], expected.weights[i], bounds);
      }
      double[] bounds = bounds(magnitudes.input, 5 * c.anchors + 2);
      assertWithin(fill + " input", inputGradient(heads, 1), expected.input, bounds);
    }
  }

  private static double[] bounds(double[] magnitudes, int operations) {
    return Arrays.stream(magnitudes)
        .map(s -> gamma(operations) * s + operations * (double) Float.MIN_VALUE)
        .toArray();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsHaveTheSameBitsWhateverTheSplit(Case c) {
    Heads heads = Heads.random(c, Fill.NORMAL, "split");
    float[][] whole = weightGradient(heads, 1);
    float[] wholeInput = inputGradient(heads, 1);
    for (int parts : PARTS) {
      float[][] split = weightGradient(heads, parts);
      for (int i = 0; i < 4; i++) {
        assertSameBits("tensor " + i + ", " + parts + " parts", split[i], whole[i]);
      }
      assertSameBits("input, " + parts + " parts", inputGradient(heads, parts), wholeInput);
    }
  }

  /** So that every implementation has the same bits, at any width of vectors. */
  @ParameterizedTest
  @MethodSource("cases")
  void weightGradientsAreChainsOver64PositionsAddedUp(Case c) {
    Heads heads = Heads.random(c, Fill.NORMAL, "chains");
    float[][] actual = weightGradient(heads, 2);
    int k = c.anchors;
    assertSameBits("classification", actual[0], chains(heads, heads.logitGradient(), k, false));
    assertSameBits("its bias", actual[1], chains(heads, heads.logitGradient(), k, true));
    assertSameBits("location", actual[2], chains(heads, heads.deltaGradient(), 4 * k, false));
    assertSameBits("its bias", actual[3], chains(heads, heads.deltaGradient(), 4 * k, true));
  }

  private static float[] chains(Heads heads, float[] gradient, int outputs, boolean bias) {
    int channels = heads.c.shape.channels();
    int positions = heads.c.shape.positions();
    float[] totals = new float[(bias ? 1 : channels) * outputs];
    for (int i = 0; i < totals.length; i++) {
      for (int first = 0; first < positions; first += 64) {
        float sum = 0;
        for (int p = first; p < Math.min(positions, first + 64); p++) {
          float x = bias ? 1 : heads.hidden[p * channels + i / outputs];
          sum = Fma.of(x, gradient[p * outputs + i % outputs], sum);
        }
        totals[i] += sum;
      }
    }
    return totals;
  }

  /** What the definitions give in float64. */
  private record Expected(double[][] weights, double[] input) {
    static Expected of(Heads heads, boolean magnitudes) {
      MapShape shape = heads.c.shape;
      int k = heads.c.anchors;
      double[] hidden = values(heads.hidden, magnitudes);
      double[] logits = values(heads.logitGradient(), magnitudes);
      double[] deltas = values(heads.deltaGradient(), magnitudes);
      double[] input =
          Float64.inputGradient(1, shape, k, logits, values(heads.classification, magnitudes));
      double[] location =
          Float64.inputGradient(1, shape, 4 * k, deltas, values(heads.location, magnitudes));
      for (int i = 0; i < input.length; i++) {
        input[i] = heads.hidden[i] > 0 ? input[i] + location[i] : 0;
      }
      double[][] weights = {
        Float64.weightGradient(1, shape, k, hidden, logits),
        Float64.biasGradient(k, logits),
        Float64.weightGradient(1, shape, 4 * k, hidden, deltas),
        Float64.biasGradient(4 * k, deltas)
      };
      return new Expected(weights, input);
    }

    private static double[] values(float[] values, boolean magnitudes) {
      return magnitudes ? Float64.abs(values) : Float64.of(values);
    }
  }

  @Test
  void gradientsAgreeWithCentralDifferences() {
    Case c = Case.of(1, 2, 3, 5, 2);
    MapShape shape = c.shape;
    // Hidden values away from 0, so that a step crosses no kink of the ReLU before them.
    Heads heads = Heads.random(c, Fill.NORMAL, "differences");
    for (int i = 0; i < heads.hidden.length; i++) {
      heads.hidden[i] += Math.copySign(0.1f, heads.hidden[i]);
    }
    double[] before = Float64.of(heads.hidden);
    double[] logits = Float64.of(heads.logitGradient());
    double[] deltas = Float64.of(heads.deltaGradient());
    double[] classification = Float64.of(heads.classification);
    double[] location = Float64.of(heads.location);
    double[] byInput =
        Float64.differences(
            v -> {
              double[] hidden = Arrays.stream(v).map(t -> Math.max(0, t)).toArray();
              return Float64.dot(logits, Float64.convolution(1, shape, 2, hidden, classification))
                  + Float64.dot(deltas, Float64.convolution(1, shape, 8, hidden, location));
            },
            before,
            1e-3);
    double[] byLocation =
        Float64.differences(
            v -> Float64.dot(deltas, Float64.convolution(1, shape, 8, before, v)), location, 1e-3);
    double[] byClassification =
        Float64.differences(
            v -> Float64.dot(logits, Float64.convolution(1, shape, 2, before, v)),
            classification,
            1e-3);
    float[][] weights = weightGradient(heads, 1);
    assertWithin("classification", weights[0], byClassification, tolerance(byClassification));
    assertWithin("location", weights[2], byLocation, tolerance(byLocation));
    assertWithin("input", inputGradient(heads, 1), byInput, tolerance(byInput));
  }

  private static double[] tolerance(double[] expected) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    double[] tolerance = new double[expected.length];
    Arrays.fill(tolerance, 1e-5 * largest + 1e-8);
    return tolerance;
  }
}
