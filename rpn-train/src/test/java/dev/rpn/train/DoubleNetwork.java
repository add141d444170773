package dev.rpn.train;

import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MapShape;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.RpnHead;
import dev.rpn.model.TensorSpec;
import dev.rpn.model.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A network's forward pass in float64, by the definitions: the judge of gradients. */
final class DoubleNetwork {
  final Map<String, double[]> weights = new LinkedHashMap<>();
  private final List<Layer> layers = new ArrayList<>();
  private final RpnHead head;

  double[] logits = {};
  double[] deltas = {};

  /** Says which side of each kink the last forward pass was on: ReLU's signs, the pools' maxima. */
  private long sides;

  DoubleNetwork(Architecture architecture, Weights from) {
    architecture.backbone().map(Backbone::layers).ifPresent(layers::addAll);
    head = architecture.head();
    layers.add(head.convolution());
    for (TensorSpec spec : architecture.weights()) {
      float[] values = from.get(spec.name()).toArray();
      double[] copy = new double[values.length];
      for (int i = 0; i < copy.length; i++) {
        copy[i] = values[i];
      }
      weights.put(spec.name(), copy);
    }
  }

  long sides() {
    return sides;
  }

  void forward(float[] input, MapShape shape) {
    sides = 0;
    double[] map = new double[input.length];
    for (int i = 0; i < map.length; i++) {
      map[i] = input[i];
    }
    MapShape at = shape;
    for (Layer layer : layers) {
      switch (layer) {
        case Conv3x3 convolution -> {
          map = convolution(map, at, convolution);
          at = at.withChannels(convolution.outputs());
        }
        case MaxPool2x2 pool -> {
          map = pool(map, at);
          at = new MapShape(at.batch(), at.height() / 2, at.width() / 2, at.channels());
        }
      }
    }
    logits = dense(map, at, RpnHead.CLASSIFICATION, head.anchors());
    deltas = dense(map, at, RpnHead.LOCATION, 4 * head.anchors());
  }

  private void note(int side) {
    sides = sides * 31 + side + 1;
  }

  private double[] convolution(double[] in, MapShape shape, Conv3x3 layer) {
    double[] kernel = weights.get(layer.name() + "/kernel");
    double[] bias = weights.get(layer.name() + "/bias");
    int inputs = layer.inputs();
    int outputs = layer.outputs();
    double[] out = new double[shape.positions() * outputs];
    for (int n = 0; n < shape.batch(); n++) {
      for (int y = 0; y < shape.height(); y++) {
        for (int x = 0; x < shape.width(); x++) {
          int to = ((n * shape.height() + y) * shape.width() + x) * outputs;
          for (int o = 0; o < outputs; o++) {
            double sum = bias[o];
            for (int dy = -1; dy <= 1; dy++) {
              for (int dx = -1; dx <= 1; dx++) {
                if (y + dy < 0
                    || y + dy >= shape.height()
                    || x + dx < 0
                    || x + dx >= shape.width()) {
                  continue;
                }
                int from = ((n * shape.height() + y + dy) * shape.width() + x + dx) * inputs;
                int tap = ((dy + 1) * 3 + dx + 1) * inputs;
                for (int i = 0; i < inputs; i++) {
                  sum += in[from + i] * kernel[(tap + i) * outputs + o];
                }
              }
            }
            note(sum > 0 ? 1 : 0);
            out[to + o] = Math.max(sum, 0);
          }
        }
      }
    }
    return out;
  }

  private double[] pool(double[] in, MapShape shape) {
    int height = shape.height() / 2;
    int width = shape.width() / 2;
    int channels = shape.channels();
    double[] out = new double[shape.batch() * height * width * channels];
    int to = 0;
    for (int n = 0; n < shape.batch(); n++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          for (int c = 0; c < channels; c++) {
            int best = -1;
            double most = Double.NEGATIVE_INFINITY;
            for (int tap = 0; tap < 4; tap++) {
              int row = 2 * y + tap / 2;
              int column = 2 * x + tap % 2;
              double value =
                  in[((n * shape.height() + row) * shape.width() + column) * channels + c];
              if (value > most) {
                most = value;
                best = tap;
              }
            }
            note(best);
            out[to++] = most;
          }
        }
      }
    }
    return out;
  }

  private double[] dense(double[] in, MapShape shape, String name, int outputs) {
    double[] kernel = weights.get(name + "/kernel");
    double[] bias = weights.get(name + "/bias");
    int inputs = shape.channels();
    double[] out = new double[shape.positions() * outputs];
    for (int p = 0; p < shape.positions(); p++) {
      for (int o = 0; o < outputs; o++) {
        double sum = bias[o];
        for (int i = 0; i < inputs; i++) {
          sum += in[p * inputs + i] * kernel[i * outputs + o];
        }
        out[p * outputs + o] = sum;
      }
    }
    return out;
  }
}
