package dev.rpn.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.rpn.kernel.KernelTestSupport.Fill;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every implementation of {@link InferenceKernels} must do; one body for all of them. */
public abstract class InferenceKernelsContract {
  /** The implementation under test. */
  protected abstract KernelProvider provider();

  private InferenceKernels kernels() {
    return provider().inference();
  }

  /**
   * A convolution's input shape and outputs; sides odd, prime and 1, channels around any vector.
   */
  record Case(MapShape shape, int outputs) {
    static Case of(int batch, int height, int width, int inputs, int outputs) {
      return new Case(new MapShape(batch, height, width, inputs), outputs);
    }
  }

  static List<Case> cases() {
    return List.of(
        Case.of(1, 1, 1, 1, 1),
        Case.of(1, 1, 1, 3, 5),
        Case.of(1, 2, 2, 4, 4),
        Case.of(1, 1, 7, 15, 16),
        Case.of(1, 5, 1, 16, 17),
        Case.of(1, 3, 3, 17, 15),
        Case.of(3, 4, 5, 7, 8),
        Case.of(2, 7, 9, 33, 31),
        Case.of(1, 13, 11, 3, 64),
        Case.of(1, 6, 6, 65, 63),
        Case.of(1, 23, 19, 16, 33),
        Case.of(1, 4, 4, 512, 20),
        // Filters of more than a megabyte: three chunks of inputs and a last panel of outputs that
        // is not full, with few tiles, then more; one chunk, and full panels.
        Case.of(1, 5, 9, 300, 140),
        Case.of(1, 9, 13, 300, 140),
        Case.of(1, 3, 4, 100, 256),
        // The last chunk is one channel, and many rows come before it.
        Case.of(1, 27, 20, 129, 128),
        Case.of(1, 2, 3, 20, 130));
  }

  static Stream<Case> convolutionCases() {
    return cases().stream();
  }

  @ParameterizedTest
  @MethodSource("convolutionCases")
  void isExactOnSmallIntegers(Case c) {
    try (Arena arena = Arena.ofConfined()) {
      var conv = new Convolutions(arena, c.shape, c.outputs, Fill.INTEGERS, random("exact" + c));
      double[] expected = conv.expected(arena);
      float[] actual = run(conv, Algorithm.F2, 1);
      KernelTestSupport.assertWithin(c.toString(), actual, expected, new double[expected.length]);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fill.class,
      names = {"NORMAL", "RELU", "POSITIVE", "WIDE", "CANCELLING"})
  void staysWithinTheDerivedBound(Fill fill) {
    for (Case c : cases()) {
      try (Arena arena = Arena.ofConfined()) {
        var conv = new Convolutions(arena, c.shape, c.outputs, fill, random(fill + "bound" + c));
        double[] bounds = conv.magnitudes();
        double factor = KernelTestSupport.gamma(c.shape.channels() + 12);
        for (int i = 0; i < bounds.length; i++) {
          // Gradual underflow adds at most one smallest step an operation.
          bounds[i] = factor * bounds[i] + (c.shape.channels() + 12) * (double) Float.MIN_VALUE;
        }
        KernelTestSupport.assertWithin(
            fill + " " + c, run(conv, Algorithm.F2, 1), conv.expected(arena), bounds);
      }
    }
  }

  @Test
  void randomErrorsGrowWithTheSquareRootOfTheDepth() {
    MapShape shape = new MapShape(1, 8, 8, 256);
    try (Arena arena = Arena.ofConfined()) {
      var conv = new Convolutions(arena, shape, 32, Fill.NORMAL, random("sqrt"));
      float[] actual = run(conv, Algorithm.F2, 1);
      double[] expected = conv.expected(arena);
      double[] bounds = conv.magnitudes();
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] *= 0x1p-24 * Math.sqrt(256 + 12);
      }
      KernelTestSupport.assertWithin("random fill", actual, expected, bounds);
      assertThat(relativeL2(actual, expected)).isLessThan(1.5e-7 * Math.sqrt(256));
    }
  }

  @ParameterizedTest
  @MethodSource("convolutionCases")
  void hasTheSameBitsOnAnyNumberOfThreads(Case c) {
    try (Arena arena = Arena.ofConfined()) {
      var conv = new Convolutions(arena, c.shape, c.outputs, Fill.NORMAL, random("threads" + c));
      float[] one = run(conv, Algorithm.F2, 1);
      for (int threads : new int[] {2, 3, 7}) {
        KernelTestSupport.assertSameBits(
            c + " on " + threads + " threads", run(conv, Algorithm.F2, threads), one);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("convolutionCases")
  void hasTheBitsOfThePlainJavaKernels(Case c) {
    try (Arena arena = Arena.ofConfined()) {
      var conv = new Convolutions(arena, c.shape, c.outputs, Fill.NORMAL, random("bits" + c));
      StageKernel plain =
          Kernels.named("scalar").inference().convolution(conv.weights, Algorithm.F2);
      KernelTestSupport.assertSameBits(
          c.toString(),
          run(conv, Algorithm.F2, 2),
          KernelTestSupport.run(plain, c.shape, conv.input, 1));
    }
  }

  @Test
  void aNonFiniteValueSpoilsOnlyWhatADirectConvolutionWouldSpoil() {
    MapShape shape = new MapShape(2, 9, 10, 6);
    Random random = random("non-finite");
    try (Arena arena = Arena.ofConfined()) {
      var conv = new Convolutions(arena, shape, 18, Fill.NORMAL, random);
      float[] clean = run(conv, Algorithm.F2, 1);
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        for (int trial = 0; trial < 20; trial++) {
          int at = random.nextInt(shape.elements());
          float kept = conv.input[at];
          conv.input[at] = bad;
          float[] spoilt = run(conv, Algorithm.F2, 1);
          conv.input[at] = kept;
          int position = at / shape.channels();
          int row = position / shape.width();
          int column = position % shape.width();
          conv.forEach((n, y, x, output, index) -> {
            boolean near =
                Math.abs(n * shape.height() + y - row) <= 1
                    && n == row / shape.height()
                    && Math.abs(x - column) <= 1;
            if (!near) {
              assertThat(Float.floatToRawIntBits(spoilt[index]))
                  .as("%s at %d, output %d", bad, at, index)
                  .isEqualTo(Float.floatToRawIntBits(clean[index]));
            } else if (Float.isNaN(bad)) {
              assertThat(spoilt[index]).as("NaN at %d, output %d", at, index).isNaN();
            }
          });
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("convolutionCases")
  void poolsTheMaximumOfEveryWindow(Case c) {
    MapShape shape =
        new MapShape(
            c.shape.batch(),
            Math.max(2, c.shape.height()),
            Math.max(2, c.shape.width()),
            c.shape.channels());
    Random random = random("pool" + c);
    float[] input = KernelTestSupport.fill(Fill.NORMAL, shape.elements(), random);
    input[random.nextInt(input.length)] = Float.NaN;
    StageKernel pool = kernels().maxPool(shape.channels());
    MapShape result = pool.output(shape);
    assertThat(result)
        .isEqualTo(
            new MapShape(shape.batch(), shape.height() / 2, shape.width() / 2, shape.channels()));
    float[] expected = new float[result.elements()];
    for (int i = 0; i < expected.length; i++) {
      int channel = i % shape.channels();
      int x = i / shape.channels() % result.width();
      int y = i / shape.channels() / result.width() % result.height();
      int n = i / shape.channels() / result.width() / result.height();
      expected[i] = Float.NEGATIVE_INFINITY;
      for (int corner = 0; corner < 4; corner++) {
        int row = n * shape.height() + 2 * y + corner / 2;
        int column = 2 * x + corner % 2;
        expected[i] =
            Math.max(
                expected[i], input[(row * shape.width() + column) * shape.channels() + channel]);
      }
    }
    for (int threads : new int[] {1, 3}) {
      KernelTestSupport.assertSameBits(
          "pool " + shape, KernelTestSupport.run(pool, shape, input, threads), expected);
    }
  }

  static Stream<Integer> anchorCounts() {
    return Stream.of(1, 3, 9, 15);
  }

  @ParameterizedTest
  @MethodSource("anchorCounts")
  void theFusedHeadHasTheBitsOfItsPartsOneAfterTheOther(int anchors) {
    for (MapShape shape :
        List.of(
            new MapShape(1, 1, 1, 1),
            new MapShape(1, 3, 3, 5),
            new MapShape(2, 9, 5, 16),
            new MapShape(2, 5, 7, 17),
            new MapShape(1, 14, 3, 32),
            new MapShape(1, 6, 8, 67))) {
      try (Arena arena = Arena.ofConfined()) {
        Random random = random("head" + shape + anchors);
        float[] input = KernelTestSupport.fill(Fill.NORMAL, shape.elements(), random);
        HeadWeights weights = headWeights(arena, shape.channels(), anchors, random);
        float[] hidden =
            KernelTestSupport.run(
                kernels().convolution(weights.convolution(), Algorithm.F2), shape, input, 1);
        float[] expected = heads(shape, weights, hidden);
        StageKernel head = kernels().head(weights, Algorithm.F2);
        assertThat(head.output(shape)).isEqualTo(shape.withChannels(5 * anchors));
        for (int threads : new int[] {1, 2, 5}) {
          KernelTestSupport.assertSameBits(
              "head " + shape + " k " + anchors,
              KernelTestSupport.run(head, shape, input, threads),
              expected);
        }
      }
    }
  }

  @Test
  void theHeadInStagesHasTheBitsOfTheFusedHead() {
    for (MapShape shape : List.of(new MapShape(1, 9, 5, 16), new MapShape(1, 7, 6, 160))) {
      for (Algorithm algorithm : Algorithm.values()) {
        assertStagesAreTheFusedHead(shape, algorithm);
      }
    }
  }

  private void assertStagesAreTheFusedHead(MapShape shape, Algorithm algorithm) {
    try (Arena arena = Arena.ofConfined()) {
      Random random = random("stages" + shape);
      float[] input = KernelTestSupport.fill(Fill.NORMAL, shape.elements(), random);
      HeadWeights weights = headWeights(arena, shape.channels(), 9, random);
      float[] expected = KernelTestSupport.run(kernels().head(weights, algorithm), shape, input, 1);
      for (int threads : new int[] {1, 2, 5}) {
        float[] map = input;
        MapShape reached = shape;
        for (StageKernel stage :
            kernels().headStages(weights, algorithm, List.of(shape), threads)) {
          map = KernelTestSupport.run(stage, reached, map, threads);
          reached = stage.output(reached);
        }
        KernelTestSupport.assertSameBits(
            algorithm + " " + shape + " on " + threads + " threads", map, expected);
      }
    }
  }

  protected static HeadWeights headWeights(Arena arena, int channels, int anchors, Random random) {
    return new HeadWeights(
        Convolutions.weights(arena, channels, channels, Fill.NORMAL, random),
        anchors,
        normal(arena, channels * anchors, random),
        normal(arena, anchors, random),
        normal(arena, channels * 4 * anchors, random),
        normal(arena, 4 * anchors, random));
  }

  private static MemorySegment normal(Arena arena, int count, Random random) {
    return KernelTestSupport.input(arena, KernelTestSupport.fill(Fill.NORMAL, count, random));
  }

  /** Both 1x1 layers: one chain of fused products over the channels, then the bias. */
  private static float[] heads(MapShape shape, HeadWeights weights, float[] hidden) {
    int k = weights.anchors();
    float[] result = new float[shape.positions() * 5 * k];
    plane(hidden, weights.classificationKernel(), weights.classificationBias(), k, result, 0);
    plane(
        hidden,
        weights.locationKernel(),
        weights.locationBias(),
        4 * k,
        result,
        shape.positions() * k);
    return result;
  }

  private static void plane(
      float[] hidden, MemorySegment kernel, MemorySegment bias, int outputs, float[] to, int at) {
    float[] w = KernelTestSupport.floats(kernel);
    float[] b = KernelTestSupport.floats(bias);
    int channels = w.length / outputs;
    for (int i = 0; i < hidden.length / channels * outputs; i++) {
      float sum = 0;
      for (int c = 0; c < channels; c++) {
        sum = Fma.of(hidden[i / outputs * channels + c], w[c * outputs + i % outputs], sum);
      }
      to[at + i] = sum + b[i % outputs];
    }
  }

  @Test
  void sigmoidHasOnePolynomialAndIsWithinTwoUnitsInTheLastPlace() {
    float[] x = new float[40_013];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i - 20_000) * 0.005f;
    }
    x[0] = Float.NaN;
    x[1] = Float.POSITIVE_INFINITY;
    x[2] = Float.NEGATIVE_INFINITY;
    x[3] = -0f;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = KernelTestSupport.input(arena, x);
      var out = KernelTestSupport.Guarded.output(arena, x.length);
      kernels().sigmoid(in, out.segment(), 0, 7);
      kernels().sigmoid(in, out.segment(), 7, x.length - 7);
      float[] y = out.floats();
      for (int i = 0; i < x.length; i++) {
        float exact = (float) (1 / (1 + Math.exp(-x[i])));
        boolean close =
            Math.abs(y[i] - exact) <= 2 * Math.ulp(exact)
                || !(Math.abs(x[i]) <= SigmoidPolynomial.LIMIT);
        boolean same =
            Float.floatToIntBits(y[i]) == Float.floatToIntBits(SigmoidPolynomial.sigmoid(x[i]));
        if (!close || !same) {
          fail("sigmoid(%s) is %s, expected %s", x[i], y[i], exact);
        }
      }
      assertThat(y[0]).isNaN();
      assertThat(y[1]).isEqualTo(1f);
      assertThat(y[2]).isLessThan(1e-37f).isNotNegative();
      assertThat(y[3]).isEqualTo(0.5f);
    }
  }

  private float[] run(Convolutions conv, Algorithm algorithm, int threads) {
    StageKernel stage = kernels().convolution(conv.weights, algorithm);
    assertThat(stage.output(conv.shape)).isEqualTo(conv.shape.withChannels(conv.outputs));
    return KernelTestSupport.run(stage, conv.shape, conv.input, threads);
  }

  private static double relativeL2(float[] actual, double[] expected) {
    double error = 0;
    for (int i = 0; i < actual.length; i++) {
      error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
    }
    return Math.sqrt(error / Arrays.stream(expected).map(v -> v * v).sum());
  }

  private static Random random(String caseName) {
    return KernelTestSupport.random(caseName);
  }
}
