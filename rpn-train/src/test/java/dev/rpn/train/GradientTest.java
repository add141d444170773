package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.anchor.BoxCoder;
import dev.rpn.anchor.Profile;
import dev.rpn.engine.Workers;
import dev.rpn.kernel.Kernels;
import dev.rpn.loss.BinaryCrossEntropy;
import dev.rpn.loss.Loss;
import dev.rpn.loss.MeanSquaredError;
import dev.rpn.loss.SmoothL1;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.MapShape;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import dev.rpn.model.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Every gradient against central differences of the float64 forward pass, away from kinks. */
class GradientTest {
  private static final double H = 1e-6;

  private static final Architecture DEEP =
      Architecture.of(
          new Backbone(
              List.of(
                  new Conv3x3("a", 3, 4),
                  new Conv3x3("b", 4, 5),
                  new MaxPool2x2("p"),
                  new Conv3x3("c", 5, 6),
                  new MaxPool2x2("q"))),
          new RpnHead(6, 2));

  private static final Architecture HEAD = Architecture.of(new RpnHead(5, 3));

  private final long seed = Long.getLong("rpn.seed", 2026);
  private final Random random = new Random(seed);

  private float[] normal(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private float[] zeroOrOne(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(3) == 0 ? 1 : 0;
    }
    return values;
  }

  /** Biases are not zero, so that a forgotten one shows. */
  private Network network(Architecture architecture) {
    Network network = Network.initialized(architecture, seed);
    for (TensorSpec spec : architecture.weights()) {
      if (spec.shape().size() == 1) {
        Tensor bias = network.weights().get(spec.name());
        for (int i = 0; i < bias.size(); i++) {
          bias.set(i, (float) (0.2 * random.nextGaussian()));
        }
      }
    }
    return network;
  }

  /** Sets the gradients at the outputs of a pass after its forward. */
  private interface OutputGradients {
    void set(Pass pass);
  }

  private void check(
      Architecture architecture,
      MapShape shape,
      OutputGradients gradients,
      ToDoubleFunction<DoubleNetwork> loss) {
    Network start = network(architecture);
    float[] input = normal(shape.elements());
    DoubleNetwork judge = new DoubleNetwork(architecture, start.weights());
    try (Workers workers = new Workers(2);
        TrainingNetwork network =
            new TrainingNetwork(
                start,
                TrainingOptions.plain(),
                shape,
                null,
                Set.of(shape.batch()),
                Kernels.named("scalar").training(),
                workers)) {
      Pass pass = network.pass(shape.batch());
      MemorySegment.copy(input, 0, pass.input(), ValueLayout.JAVA_FLOAT, 0, input.length);
      network.forward(pass);
      gradients.set(pass);
      pass.backward(workers);
      int skipped = 0;
      int checked = 0;
      for (TensorSpec spec : architecture.weights()) {
        float[] found = network.parameters().gradient(spec.name()).toArray(ValueLayout.JAVA_FLOAT);
        double[] weights = judge.weights.get(spec.name());
        double[] expected = new double[weights.length];
        double largest = 0;
        for (int i = 0; i < weights.length; i++) {
          double kept = weights[i];
          weights[i] = kept + H;
          judge.forward(input, shape);
          double above = loss.applyAsDouble(judge);
          long sides = judge.sides();
          weights[i] = kept - H;
          judge.forward(input, shape);
          double below = loss.applyAsDouble(judge);
          weights[i] = kept;
          boolean kink = sides != judge.sides();
          expected[i] = kink ? Double.NaN : (above - below) / (2 * H);
          largest = kink ? largest : Math.max(largest, Math.abs(expected[i]));
        }
        assertThat(largest).as(spec.name()).isPositive();
        for (int i = 0; i < weights.length; i++) {
          if (Double.isNaN(expected[i])) {
            skipped++;
            continue;
          }
          checked++;
          assertThat((double) found[i])
              .as("seed %d: %s[%d]", seed, spec.name(), i)
              .isCloseTo(expected[i], within(1e-5 * largest));
        }
      }
      assertThat(skipped).as("too close to kinks").isLessThan(checked / 20);
    }
  }

  private void checkDense(
      Architecture architecture,
      MapShape shape,
      MapShape features,
      Loss classification,
      Loss location,
      BiFunction<Double, Float, Double> classificationTerm,
      BiFunction<Double, Float, Double> locationTerm) {
    int k = architecture.head().anchors();
    Tensor labels = Tensor.of(zeroOrOne(features.positions() * k), features.positions() * k);
    Tensor targets = Tensor.of(normal(features.positions() * 4 * k), features.positions() * 4 * k);
    check(
        architecture,
        shape,
        pass -> {
          classification.accumulate(
              pass.logits(),
              labels.data(),
              pass.logitGradients(),
              0,
              labels.size(),
              1.0 / labels.size());
          location.accumulate(
              pass.deltas(),
              targets.data(),
              pass.deltaGradients(),
              0,
              targets.size(),
              1.0 / targets.size());
        },
        judge ->
            mean(judge.logits, labels, classificationTerm)
                + mean(judge.deltas, targets, locationTerm));
  }

  private static double mean(
      double[] values, Tensor targets, BiFunction<Double, Float, Double> term) {
    assertThat(values).hasSize(targets.size());
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += term.apply(values[i], targets.get(i));
    }
    return sum / values.length;
  }

  private static double crossEntropy(double x, float t) {
    return -(t * Math.log(1 / (1 + Math.exp(-x))) + (1 - t) * Math.log(1 / (1 + Math.exp(x))));
  }

  private static double square(double x, float t) {
    return (x - t) * (x - t);
  }

  private static double smooth(double x, float t, double beta) {
    double d = Math.abs(x - t);
    return d < beta ? d * d / (2 * beta) : d - beta / 2;
  }

  @Test
  void kerasLossesThroughBackboneAndHead() {
    checkDense(
        DEEP,
        new MapShape(2, 9, 11, 3),
        new MapShape(2, 2, 2, 6),
        BinaryCrossEntropy.fromLogits(),
        new MeanSquaredError(),
        GradientTest::crossEntropy,
        GradientTest::square);
  }

  /** Five pictures: groups of one and of two. */
  @Test
  void kerasLossesOnAHeadAlone() {
    checkDense(
        HEAD,
        new MapShape(5, 3, 4, 5),
        new MapShape(5, 3, 4, 5),
        BinaryCrossEntropy.fromLogits(),
        new MeanSquaredError(),
        GradientTest::crossEntropy,
        GradientTest::square);
  }

  @Test
  void fromProbabilitiesAndSmoothL1() {
    float beta = 1 / 9f;
    checkDense(
        HEAD,
        new MapShape(1, 5, 3, 5),
        new MapShape(1, 5, 3, 5),
        BinaryCrossEntropy.fromProbabilities(),
        new SmoothL1(beta),
        GradientTest::crossEntropy,
        (x, t) -> smooth(x, t, beta));
  }

  @Test
  void fasterRcnnsObjective() {
    MapShape shape = new MapShape(2, 12, 12, 3);
    int perPicture = 3 * 3 * 2;
    float[] anchors = new float[4 * perPicture];
    for (int i = 0; i < perPicture; i++) {
      anchors[4 * i + 2] = 4 + i;
      anchors[4 * i + 3] = 9 - i % 3;
    }
    float[] truths = {1, 1, 6, 8, 0, 2, 9, 7};
    int[] matched = new int[perPicture];
    for (int i = 0; i < perPicture; i++) {
      matched[i] = i % 3 - 1;
    }
    float[] labels = new float[2 * perPicture];
    boolean[] counted = new boolean[2 * perPicture];
    float[] targets = new float[8 * perPicture];
    SampledObjective objective = new SampledObjective(Profile.TORCHVISION, anchors, 2);
    AnchorSample sample = new AnchorSample(256);
    BoxCoder coder = new BoxCoder(Profile.TORCHVISION);
    int total = 0;
    for (int image = 0; image < 2; image++) {
      sample.positives = 0;
      sample.count = 0;
      for (int pass = 0; pass < 2; pass++) {
        for (int i = image; i < perPicture - 3; i += 2) {
          boolean positive = matched[i] >= 0;
          if (positive == (pass == 0)) {
            sample.anchors[sample.count++] = i;
            sample.positives += positive ? 1 : 0;
            int row = image * perPicture + i;
            counted[row] = true;
            labels[row] = positive ? 1 : 0;
            if (positive) {
              coder.encode(anchors, 4 * i, truths, 4 * matched[i], targets, 4 * row);
            }
          }
        }
      }
      total += sample.count;
      objective.prepare(image, matched, sample, truths, new float[4]);
    }
    double scale = 1.0 / total;
    check(
        DEEP,
        shape,
        pass ->
            objective.accumulate(
                2,
                objective.scale(2, objective.sampled(2)),
                pass.logits(),
                pass.deltas(),
                pass.logitGradients(),
                pass.deltaGradients()),
        judge -> {
          double sum = 0;
          for (int row = 0; row < counted.length; row++) {
            if (counted[row]) {
              sum += crossEntropy(judge.logits[row], labels[row]);
              for (int j = 4 * row; labels[row] > 0 && j < 4 * row + 4; j++) {
                sum += smooth(judge.deltas[j], targets[j], 1 / 9f);
              }
            }
          }
          return sum * scale;
        });
  }
}
