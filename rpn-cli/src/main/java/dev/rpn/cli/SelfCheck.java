package dev.rpn.cli;

import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Whether kernels compute the head: small cases against plain sums in double precision. */
final class SelfCheck {
  /** Relative L2 error; what F(2x2,3x3) makes of so few channels in float32 is below 1e-6. */
  private static final double MOST = 1e-5;

  /** Odd and even sides, one position, channels beside the multiples of every vector. */
  private static final List<MapShape> SHAPES =
      List.of(
          new MapShape(1, 1, 1, 3),
          new MapShape(2, 5, 7, 17),
          new MapShape(1, 14, 14, 32),
          new MapShape(1, 13, 9, 70));

  private static final int ANCHORS = 9;

  private SelfCheck() {}

  /** The largest relative error over all cases. */
  static double error(KernelProvider kernels, int threads) {
    double most = 0;
    for (MapShape shape : SHAPES) {
      // Not Math.max: a NaN must win.
      double error = error(kernels, threads, shape);
      most = error <= most ? most : error;
    }
    return most;
  }

  /** Whether such an error is rounding alone. */
  static boolean passes(double error) {
    return error <= MOST;
  }

  /** For a person. */
  static String describe(double error) {
    return String.format(Locale.ROOT, "relative error %.1e over %d shapes", error, SHAPES.size());
  }

  private static double error(KernelProvider kernels, int threads, MapShape shape) {
    var random = new SplittableRandom(shape.elements());
    Network network =
        Network.initialized(Architecture.of(new RpnHead(shape.channels(), ANCHORS)), 7);
    Tensor input = Tensor.zeros(shape.batch(), shape.height(), shape.width(), shape.channels());
    for (int i = 0; i < input.size(); i++) {
      input.set(i, (float) random.nextGaussian());
    }
    var options = new EngineOptions(kernels, threads, null, Algorithm.F2);
    try (var engine = new NetworkEngine(network, options, shape)) {
      engine.forward(0, shape, input.data());
      double[] hidden = hidden(network, shape, input);
      double logits =
          relative(engine.logits(0), layer(network, RpnHead.CLASSIFICATION, hidden, shape));
      double deltas = relative(engine.deltas(0), layer(network, RpnHead.LOCATION, hidden, shape));
      return logits <= deltas ? deltas : logits;
    }
  }

  /** The 3x3 layer with its ReLU by definition. */
  private static double[] hidden(Network network, MapShape shape, Tensor input) {
    int channels = shape.channels();
    Tensor kernel = network.weights().kernel(RpnHead.CONVOLUTION);
    Tensor bias = network.weights().bias(RpnHead.CONVOLUTION);
    double[] hidden = new double[shape.elements()];
    for (int position = 0; position < shape.positions(); position++) {
      int x = position % shape.width();
      int y = position / shape.width() % shape.height();
      for (int out = 0; out < channels; out++) {
        double sum = bias.get(out);
        for (int tap = 0; tap < 9; tap++) {
          int dy = tap / 3 - 1;
          int dx = tap % 3 - 1;
          boolean inside =
              y + dy >= 0 && y + dy < shape.height() && x + dx >= 0 && x + dx < shape.width();
          int from = (position + dy * shape.width() + dx) * channels;
          for (int in = 0; inside && in < channels; in++) {
            sum +=
                (double) input.get(from + in) * kernel.get((tap * channels + in) * channels + out);
          }
        }
        hidden[position * channels + out] = Math.max(0, sum);
      }
    }
    return hidden;
  }

  /** A 1x1 layer by definition. */
  private static double[] layer(Network network, String name, double[] hidden, MapShape shape) {
    Tensor kernel = network.weights().kernel(name);
    Tensor bias = network.weights().bias(name);
    int outputs = bias.size();
    double[] result = new double[shape.positions() * outputs];
    for (int i = 0; i < result.length; i++) {
      int out = i % outputs;
      double sum = bias.get(out);
      for (int in = 0; in < shape.channels(); in++) {
        sum += hidden[i / outputs * shape.channels() + in] * kernel.get(in * outputs + out);
      }
      result[i] = sum;
    }
    return result;
  }

  private static double relative(MemorySegment actual, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      double d = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i) - expected[i];
      difference += d * d;
      norm += expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }
}
