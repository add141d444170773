package dev.rpn.kernel;

import static dev.rpn.kernel.KernelTestSupport.assertSameBits;
import static dev.rpn.kernel.KernelTestSupport.assertWithin;
import static dev.rpn.kernel.KernelTestSupport.fill;
import static dev.rpn.kernel.KernelTestSupport.gamma;
import static dev.rpn.kernel.KernelTestSupport.inParts;
import static dev.rpn.kernel.KernelTestSupport.input;
import static dev.rpn.kernel.KernelTestSupport.random;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.KernelTestSupport.Fill;
import dev.rpn.kernel.KernelTestSupport.Guarded;
import dev.rpn.kernel.TrainingKernels.AdamStep;
import dev.rpn.kernel.TrainingKernels.SgdStep;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every implementation of {@link TrainingKernels} must do for the backbone's layers and the
 * optimiser; one body for all of them. The head's layers are in {@link TrainingHeadsContract}.
 */
public abstract class TrainingKernelsContract {
  private static final int[] PARTS = {1, 2, 3, 7};

  /** The implementation under test. */
  protected abstract KernelProvider provider();

  /**
   * Whether it sums this weight gradient by F(3x3,4x4), which rounds otherwise than a plain sum.
   */
  protected boolean winogradWeightGradient(MapShape shape, int outputs) {
    return false;
  }

  private TrainingKernels kernels() {
    return provider().training();
  }

  /** A convolution's input shape and outputs. */
  record Case(MapShape shape, int outputs) {
    static Case of(int batch, int height, int width, int inputs, int outputs) {
      return new Case(new MapShape(batch, height, width, inputs), outputs);
    }
  }

  static Stream<Case> cases() {
    Stream<Case> channels = IntStream.rangeClosed(1, 17).mapToObj(c -> Case.of(1, 5, 3, c, 18 - c));
    return Stream.concat(
        channels,
        Stream.of(
            Case.of(1, 1, 1, 3, 5),
            Case.of(1, 1, 17, 4, 4),
            Case.of(2, 13, 1, 5, 6),
            Case.of(3, 2, 2, 3, 7),
            Case.of(2, 7, 11, 33, 64),
            Case.of(1, 11, 9, 64, 33),
            Case.of(1, 3, 4, 65, 131),
            Case.of(2, 37, 33, 34, 35),
            Case.of(2, 37, 33, 34, 67),
            // More channels than are taken together, of one block of tiles and of two.
            Case.of(1, 6, 5, 270, 17),
            Case.of(1, 5, 6, 16, 513),
            Case.of(145, 1, 1, 16, 513),
            Case.of(1, 23, 19, 2, 3)));
  }

  /** A random convolution and the gradient at its output. */
  private record Layer(Case c, float[] in, float[] kernel, float[] bias, float[] outGradient) {
    static Layer random(Case c, Fill fill, String name) {
      Random random = KernelTestSupport.random(name + fill + c);
      int outputs = c.outputs;
      return new Layer(
          c,
          fill(fill, c.shape.elements(), random),
          fill(fill, 9 * c.shape.channels() * outputs, random),
          fill(fill, outputs, random),
          fill(fill, c.shape.positions() * outputs, random));
    }

    /** What rounding errors of the input gradient by F(2x2,3x3) are measured against. */
    double[] inputMagnitudes() {
      int inputs = c.shape.channels();
      float[] turned = new float[kernel.length];
      for (int tap = 0; tap < 9; tap++) {
        for (int i = 0; i < inputs; i++) {
          for (int o = 0; o < c.outputs; o++) {
            turned[((8 - tap) * c.outputs + o) * inputs + i] =
                kernel[(tap * inputs + i) * c.outputs + o];
          }
        }
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment noBias = Segments.allocate(arena, inputs);
        var weights = new ConvolutionWeights(c.outputs, inputs, input(arena, turned), noBias);
        return new Convolutions(c.shape.withChannels(c.outputs), outGradient, weights).magnitudes();
      }
    }

    ConvolutionWeights weights(Arena arena) {
      return new ConvolutionWeights(
          c.shape.channels(), c.outputs, input(arena, kernel), input(arena, bias));
    }
  }

  private record Gradients(float[] kernel, float[] bias) {}

  private Gradients weightGradient(Layer layer, int parts) {
    TrainingKernels kernels = kernels();
    Case c = layer.c;
    try (Arena arena = Arena.ofConfined()) {
      Guarded kernel = Guarded.output(arena, layer.kernel.length);
      Guarded bias = Guarded.output(arena, c.outputs);
      Guarded scratch =
          Guarded.bytes(arena, kernels.weightGradientScratchBytes(c.shape, c.outputs));
      MemorySegment in = input(arena, layer.in);
      MemorySegment gradient = input(arena, layer.outGradient);
      inParts(
          parts,
          part ->
              kernels.weightGradient(
                  c.shape,
                  c.outputs,
                  in,
                  gradient,
                  kernel.segment(),
                  bias.segment(),
                  scratch.segment(),
                  part,
                  parts));
      scratch.assertIntact();
      return new Gradients(kernel.floats(), bias.floats());
    }
  }

  /** The input's gradient before its ReLU, by direct sums. */
  private static double[] expectedInputGradient(Layer layer) {
    double[] gradient =
        Float64.inputGradient(
            3,
            layer.c.shape,
            layer.c.outputs,
            Float64.of(layer.outGradient),
            Float64.of(layer.kernel));
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = layer.in[i] > 0 ? gradient[i] : 0;
    }
    return gradient;
  }

  private float[] inputGradient(Layer layer, int threads) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = input(arena, layer.in);
      StageKernel stage = kernels().inputGradient(layer.weights(arena), in);
      MapShape shape = layer.c.shape.withChannels(layer.c.outputs);
      assertThat(stage.output(shape)).isEqualTo(layer.c.shape);
      return KernelTestSupport.run(stage, shape, layer.outGradient, threads);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreExactOnSmallIntegersWhateverTheSplit(Case c) {
    Layer layer = Layer.random(c, Fill.INTEGERS, "integers");
    double[] x = Float64.of(layer.in);
    double[] g = Float64.of(layer.outGradient);
    for (int parts : PARTS) {
      Gradients actual = weightGradient(layer, parts);
      exact("kernel", actual.kernel, Float64.weightGradient(3, c.shape, c.outputs, x, g));
      exact("bias", actual.bias, Float64.biasGradient(c.outputs, g));
      exact("input", inputGradient(layer, parts), expectedInputGradient(layer));
    }
  }

  private static void exact(String what, float[] actual, double[] expected) {
    assertWithin(what, actual, expected, new double[expected.length]);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fill.class,
      names = {"NORMAL", "RELU", "POSITIVE", "WIDE", "CANCELLING"})
  void weightGradientsStayWithinTheDerivedBound(Fill fill) {
    cases()
        .forEach(c -> {
          Layer layer = Layer.random(c, fill, "bound");
          Gradients actual = weightGradient(layer, 1);
          double[] x = Float64.of(layer.in);
          double[] g = Float64.of(layer.outGradient);
          double[] ag = Float64.abs(layer.outGradient);
          // A product and a sum for each position, in whatever order.
          int operations = c.shape.positions() + 1;
          assertWithin(
              "kernel " + fill + c,
              actual.kernel,
              Float64.weightGradient(3, c.shape, c.outputs, x, g),
              winogradWeightGradient(c.shape, c.outputs)
                  ? winogradBounds(c, layer)
                  : bounds(
                      Float64.weightGradient(3, c.shape, c.outputs, Float64.abs(layer.in), ag),
                      operations));
          assertWithin(
              "bias " + fill + c,
              actual.bias,
              Float64.biasGradient(c.outputs, g),
              bounds(Float64.biasGradient(c.outputs, ag), operations));
        });
  }

  /** F(3x3,4x4) has a fused product for each tile, a sum for each block, 18 in its transforms. */
  private static double[] winogradBounds(Case c, Layer layer) {
    return bounds(
        WinogradMagnitudes.weightGradient(c.shape, c.outputs, layer.in, layer.outGradient),
        WinogradMagnitudes.tiles(c.shape) + 19);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fill.class,
      names = {"NORMAL", "RELU", "POSITIVE", "WIDE", "CANCELLING"})
  void inputGradientsStayWithinTheBoundOfF2(Fill fill) {
    cases()
        .forEach(c -> {
          Layer layer = Layer.random(c, fill, "input bound");
          double[] bounds = bounds(layer.inputMagnitudes(), c.outputs + 12);
          assertWithin(
              "input " + fill + c, inputGradient(layer, 1), expectedInputGradient(layer), bounds);
        });
  }

  private static double[] bounds(double[] magnitudes, int operations) {
    double[] bounds = new double[magnitudes.length];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = gamma(operations) * magnitudes[i] + operations * (double) Float.MIN_VALUE;
    }
    return bounds;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsHaveTheSameBitsWhateverTheSplit(Case c) {
    Layer layer = Layer.random(c, Fill.NORMAL, "split");
    Gradients whole = weightGradient(layer, 1);
    float[] wholeInput = inputGradient(layer, 1);
    for (int parts : PARTS) {
      Gradients split = weightGradient(layer, parts);
      assertSameBits("kernel, " + parts + " parts", split.kernel, whole.kernel);
      assertSameBits("bias, " + parts + " parts", split.bias, whole.bias);
      assertSameBits("input, " + parts + " parts", inputGradient(layer, parts), wholeInput);
    }
  }

  @Test
  void gradientsAgreeWithCentralDifferences() {
    for (Case c : List.of(Case.of(2, 3, 5, 3, 4), Case.of(1, 1, 1, 2, 2))) {
      Layer layer = Layer.random(c, Fill.NORMAL, "differences");
      for (int i = 0; i < layer.in.length; i++) {
        // No step crosses ReLU's kink.
        layer.in[i] += Math.copySign(0.01f, layer.in[i]);
      }
      double[] x = Float64.of(layer.in);
      double[] w = Float64.of(layer.kernel);
      double[] g = Float64.of(layer.outGradient);
      double[] byInput =
          Float64.differences(
              v -> Float64.dot(g, Float64.convolution(3, c.shape, c.outputs, relu(v), w)), x, 1e-3);
      double[] byKernel =
          Float64.differences(
              v -> Float64.dot(g, Float64.convolution(3, c.shape, c.outputs, x, v)), w, 1e-3);
      assertWithin("input " + c, inputGradient(layer, 1), byInput, tolerance(byInput));
      assertWithin("kernel " + c, weightGradient(layer, 1).kernel, byKernel, tolerance(byKernel));
    }
  }

  private static double[] relu(double[] values) {
    return Arrays.stream(values).map(v -> Math.max(0, v)).toArray();
  }

  private static double[] tolerance(double[] expected) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    double[] tolerance = new double[expected.length];
    Arrays.fill(tolerance, 1e-5 * largest + 1e-8);
    return tolerance;
  }

  @Test
  void aNonFiniteChannelSpoilsOnlyItsOwnWeights() {
    Case c = Case.of(1, 5, 6, 6, 7);
    Layer layer = Layer.random(c, Fill.NORMAL, "non-finite");
    Gradients clean = weightGradient(layer, 1);
    layer.in[14 * 6 + 2] = Float.NaN;
    layer.outGradient[15 * 7 + 5] = Float.POSITIVE_INFINITY;
    Gradients spoilt = weightGradient(layer, 2);
    for (int i = 0; i < clean.kernel.length; i++) {
      boolean own = i / 7 % 6 == 2 || i % 7 == 5;
      if (!own) {
        assertThat(spoilt.kernel[i]).as("weight %d", i).isEqualTo(clean.kernel[i]);
      } else {
        assertThat(Float.isFinite(spoilt.kernel[i])).as("weight %d is finite", i).isFalse();
      }
    }
    assertThat(spoilt.bias[5]).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(spoilt.bias[4]).isEqualTo(clean.bias[4]);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theForwardLayersHaveTheBitsOfInference(Case c) {
    Layer layer = Layer.random(c, Fill.NORMAL, "forward");
    try (Arena arena = Arena.ofConfined()) {
      ConvolutionWeights weights = layer.weights(arena);
      StageKernel inference = provider().inference().convolution(weights, Algorithm.F2);
      assertSameBits(
          "convolution " + c,
          KernelTestSupport.run(kernels().convolution(weights), c.shape, layer.in, 3),
          KernelTestSupport.run(inference, c.shape, layer.in, 1));
      if (c.shape.height() > 1 && c.shape.width() > 1) {
        int channels = c.shape.channels();
        assertSameBits(
            "pool " + c,
            KernelTestSupport.run(kernels().maxPool(channels), c.shape, layer.in, 3),
            KernelTestSupport.run(provider().inference().maxPool(channels), c.shape, layer.in, 1));
      }
    }
  }

  private float[] maxPoolGradient(MapShape shape, float[] in, float[] outGradient, int parts) {
    try (Arena arena = Arena.ofConfined()) {
      Guarded gradient = Guarded.output(arena, in.length);
      MemorySegment input = input(arena, in);
      MemorySegment given = input(arena, outGradient);
      inParts(
          parts,
          part -> kernels().maxPoolGradient(shape, input, given, gradient.segment(), part, parts));
      return gradient.floats();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fill.class,
      names = {"NORMAL", "RELU", "INTEGERS"})
  void poolingsGradientGoesToTheFirstMaximumAboveZero(Fill fill) {
    for (MapShape shape :
        List.of(
            new MapShape(1, 2, 2, 1),
            new MapShape(2, 5, 7, 3),
            new MapShape(3, 3, 2, 17),
            new MapShape(1, 8, 6, 33))) {
      Random random = random("pool" + fill + shape);
      float[] in = fill(fill, shape.elements(), random);
      in[random.nextInt(in.length)] = Float.NaN;
      in[random.nextInt(in.length)] = Float.NEGATIVE_INFINITY;
      int outputs = shape.batch() * (shape.height() / 2) * (shape.width() / 2) * shape.channels();
      float[] outGradient = fill(Fill.NORMAL, outputs, random);
      double[] best = Float64.maxPool(shape, Float64.of(in));
      float[] expected = new float[in.length];
      for (int i = 0; i < outputs; i++) {
        int corner = 0;
        while (Double.compare(in[Float64.corner(shape, i, corner)] + 0.0, best[i] + 0.0) != 0) {
          corner++;
        }
        expected[Float64.corner(shape, i, corner)] = best[i] > 0 ? outGradient[i] : 0;
      }
      for (int parts : PARTS) {
        assertSameBits(
            fill + " " + shape + ", " + parts + " parts",
            maxPoolGradient(shape, in, outGradient, parts),
            expected);
      }
    }
  }

  @Test
  void poolingAgreesWithCentralDifferences() {
    MapShape shape = new MapShape(2, 5, 4, 3);
    Random random = random("kinks");
    float[] in = new float[shape.elements()];
    for (int i = 0; i < in.length; i++) {
      // Distinct multiples of 0.1 and none near 0: a step of 0.01 crosses no kink.
      in[i] = 0.1f * ((i * 37) % in.length - in.length / 2) + 0.05f;
    }
    double[] x = Float64.of(in);
    float[] outGradient = fill(Fill.NORMAL, 2 * 2 * 2 * 3, random);
    double[] g = Float64.of(outGradient);
    double[] pool =
        Float64.differences(v -> Float64.dot(g, Float64.maxPool(shape, relu(v))), x, 0.01);
    assertWithin("pool", maxPoolGradient(shape, in, outGradient, 1), pool, tolerance(pool));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void inputGradientsPassWhereTheInputIsAboveZero(Case c) {
    Layer layer = Layer.random(c, Fill.NORMAL, "relu");
    layer.outGradient[layer.outGradient.length / 2] = Float.NaN;
    float[] special = {Float.NaN, -0f, 0f, Float.MIN_VALUE, -Float.MIN_VALUE};
    for (int i = 0; i < layer.in.length; i += 3) {
      layer.in[i] = special[i / 3 % special.length];
    }
    float[] above = new float[layer.in.length];
    Arrays.fill(above, Float.MIN_VALUE);
    float[] expected =
        inputGradient(new Layer(c, above, layer.kernel, layer.bias, layer.outGradient), 1);
    for (int i = 0; i < expected.length; i++) {
      expected[i] = layer.in[i] > 0 ? expected[i] : 0f;
    }
    for (int parts : PARTS) {
      assertSameBits("input, " + parts + " parts", inputGradient(layer, parts), expected);
    }
  }

  @Test
  void adamHasTheBitsOfItsFormula() {
    AdamStep step = new AdamStep(3e-4f, 0.7f, 1e-7f, 0.1f, 0.001f, 0.99f);
    for (int count : new int[] {1, 3, 16, 17, 33, 1009}) {
      Random random = random("adam" + count);
      float[] w = fill(Fill.NORMAL, count, random);
      float[] g = fill(Fill.NORMAL, count, random);
      float[] m = fill(Fill.NORMAL, count, random);
      float[] v = fill(Fill.POSITIVE, count, random);
      g[0] = 0f;
      m[0] = 0f;
      v[0] = 0f;
      for (int parts : PARTS) {
        try (Arena arena = Arena.ofConfined()) {
          Guarded weights = Guarded.of(arena, w);
          Guarded means = Guarded.of(arena, m);
          Guarded squares = Guarded.of(arena, v);
          MemorySegment gradients = input(arena, g);
          inParts(
              parts,
              part ->
                  kernels()
                      .adam(
                          step,
                          weights.segment(),
                          gradients,
                          means.segment(),
                          squares.segment(),
                          count,
                          part,
                          parts));
          float[] newM = means.floats();
          float[] newV = squares.floats();
          float[] newW = weights.floats();
          for (int i = 0; i < count; i++) {
            float mean = m[i] + (g[i] - m[i]) * 0.1f;
            float square = v[i] + (g[i] * g[i] - v[i]) * 0.001f;
            float root = (float) Math.sqrt(square) * 0.7f + 1e-7f;
            assertThat(newM[i]).as("mean %d", i).isEqualTo(mean);
            assertThat(newV[i]).as("square %d", i).isEqualTo(square);
            assertThat(newW[i]).as("weight %d", i).isEqualTo(w[i] * 0.99f - mean * 3e-4f / root);
          }
        }
      }
    }
  }

  @Test
  void adamsFirstStepMovesEveryWeightByTheLearningRate() {
    // Keras, lr 0.01, t = 1: alpha = lr sqrt(1 - 0.999) / (1 - 0.9); then m / sqrt(v) is the sign.
    AdamStep step =
        new AdamStep((float) (0.01 * Math.sqrt(0.001) / 0.1), 1f, 1e-7f, 0.1f, 0.001f, 1f);
    try (Arena arena = Arena.ofConfined()) {
      Guarded weights = Guarded.of(arena, new float[] {1f, 1f, 1f});
      Guarded means = Guarded.of(arena, new float[3]);
      Guarded squares = Guarded.of(arena, new float[3]);
      MemorySegment gradients = input(arena, new float[] {2f, -300f, 0f});
      kernels()
          .adam(step, weights.segment(), gradients, means.segment(), squares.segment(), 3, 0, 1);
      assertWithin(
          "weights", weights.floats(), new double[] {0.99, 1.01, 1}, new double[] {1e-6, 1e-6, 0});
    }
  }

  @Test
  void weightDecayTakesAwayBeforeTheStep() {
    // torch's AdamW, lr 0.1, decay 0.5, t = 1, weight 2, gradient -3: 2 (1 - 0.05) + 0.1.
    AdamStep step = new AdamStep(1f, (float) (1 / Math.sqrt(0.001)), 1e-8f, 0.1f, 0.001f, 0.95f);
    try (Arena arena = Arena.ofConfined()) {
      Guarded weights = Guarded.of(arena, new float[] {2f, 2f});
      Guarded means = Guarded.of(arena, new float[2]);
      Guarded squares = Guarded.of(arena, new float[2]);
      MemorySegment gradients = input(arena, new float[] {-3f, 0f});
      kernels()
          .adam(step, weights.segment(), gradients, means.segment(), squares.segment(), 2, 0, 1);
      assertWithin("weights", weights.floats(), new double[] {2.0, 1.9}, new double[] {1e-6, 1e-6});
    }
  }

  @Test
  void sgdHasTheBitsOfItsFormula() {
    SgdStep step = new SgdStep(0.03f, 0.9f, 0.01f);
    for (int count : new int[] {1, 3, 16, 17, 33, 1009}) {
      Random random = random("sgd" + count);
      float[] w = fill(Fill.NORMAL, count, random);
      float[] g = fill(Fill.NORMAL, count, random);
      float[] v = fill(Fill.NORMAL, count, random);
      for (int parts : PARTS) {
        try (Arena arena = Arena.ofConfined()) {
          Guarded weights = Guarded.of(arena, w);
          Guarded velocities = Guarded.of(arena, v);
          MemorySegment gradients = input(arena, g);
          inParts(
              parts,
              part ->
                  kernels()
                      .sgd(
                          step,
                          weights.segment(),
                          gradients,
                          velocities.segment(),
                          count,
                          part,
                          parts));
          float[] newV = velocities.floats();
          float[] newW = weights.floats();
          for (int i = 0; i < count; i++) {
            float velocity = v[i] * 0.9f + (g[i] + w[i] * 0.01f);
            assertThat(newV[i]).as("velocity %d", i).isEqualTo(velocity);
            assertThat(newW[i]).as("weight %d", i).isEqualTo(w[i] - velocity * 0.03f);
          }
        }
      }
    }
  }

  @Test
  void sgdKeepsItsMomentum() {
    // By hand: v = 0.5 * 0 + (2 + 0.25 * 4) = 3, w = 4 - 0.5 * 3 = 2.5; then with gradient -1:
    // v = 1.5 + (-1 + 0.625) = 1.125, w = 2.5 - 0.5625 = 1.9375.
    SgdStep step = new SgdStep(0.5f, 0.5f, 0.25f);
    try (Arena arena = Arena.ofConfined()) {
      Guarded weights = Guarded.of(arena, new float[] {4f});
      Guarded velocities = Guarded.of(arena, new float[1]);
      MemorySegment first = input(arena, new float[] {2f});
      kernels().sgd(step, weights.segment(), first, velocities.segment(), 1, 0, 1);
      assertThat(weights.floats()).containsExactly(2.5f);
      assertThat(velocities.floats()).containsExactly(3f);
      MemorySegment second = input(arena, new float[] {-1f});
      kernels().sgd(step, weights.segment(), second, velocities.segment(), 1, 0, 1);
      assertThat(weights.floats()).containsExactly(1.9375f);
      assertThat(velocities.floats()).containsExactly(1.125f);
    }
  }
}
