package dev.rpn.cli;

import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.io.weights.Npy;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import dev.rpn.io.weights.WeightFiles;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The network on stored input. */
@Command(
    name = "run",
    description = {
      "Run a network on a stored array and store what its two layers give.",
      "",
      "The input is float32 of shape (H, W, C) or (N, H, W, C): a feature map for a head, a"
          + " preprocessed picture (C = 3) where the file has a backbone too. The output holds"
          + " 'classification' (N, H, W, k), as probabilities, and 'location' (N, H, W, 4k)."
    },
    footer = {
      "Example:",
      "  rpn run --weights rpn.keras --input features.npy --output out.npz --threads 1"
    })
final class RunCommand extends Subcommand {
  @Option(
      names = "--weights",
      required = true,
      paramLabel = "FILE",
      description = "Weights in any format that 'rpn convert' reads.")
  private Path weights;

  @Option(names = "--input", required = true, paramLabel = "X.npy", description = "The input.")
  private Path input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "OUT.npz",
      description = "Where both outputs go.")
  private Path output;

  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  @Override
  boolean run() throws Exception {
    Network network = WeightFiles.readNetwork(weights);
    Tensor x = Npy.read(input).toTensor();
    MapShape all = shape(x.shape());
    MapShape one = new MapShape(1, all.height(), all.width(), all.channels());
    EngineOptions options =
        EngineOptions.standard().withKernels(kernels.provider()).withThreads(threads.count());
    // Picture by picture: the memory does not grow with their number.
    try (var engine = new NetworkEngine(network, options, one);
        var progress = new Progress(err(), "run")) {
      List<float[]> scores = new ArrayList<>();
      List<float[]> deltas = new ArrayList<>();
      for (int n = 0; n < all.batch(); n++) {
        progress.at(n, all.batch(), n + " of " + all.batch());
        engine.forward(0, one, x.data().asSlice(n * one.bytes(), one.bytes()));
        scores.add(engine.probabilities(0));
        deltas.add(engine.deltas(0).toArray(ValueLayout.JAVA_FLOAT));
      }
      MapShape map = engine.featureShape(0);
      int anchors = network.architecture().head().anchors();
      var outputs = new LinkedHashMap<String, NpyArray>();
      outputs.put(RpnHead.CLASSIFICATION, array(scores, map, anchors));
      outputs.put(RpnHead.LOCATION, array(deltas, map, 4 * anchors));
      Npz.write(output, outputs);
    }
    return true;
  }

  /** The batch that an array of three or four sides is. */
  private MapShape shape(int[] sides) {
    if (sides.length != 3 && sides.length != 4) {
      throw new IllegalArgumentException(
          input + ": expected shape (H, W, C) or (N, H, W, C), got " + Arrays.toString(sides));
    }
    int first = sides.length - 3;
    return new MapShape(
        first == 0 ? 1 : sides[0], sides[first], sides[first + 1], sides[first + 2]);
  }

  private static NpyArray array(List<float[]> maps, MapShape map, int channels) {
    Tensor joined = Tensor.zeros(maps.size(), map.height(), map.width(), channels);
    for (int n = 0; n < maps.size(); n++) {
      float[] values = maps.get(n);
      MemorySegment.copy(
          values, 0, joined.data(), ValueLayout.JAVA_FLOAT, 4L * n * values.length, values.length);
    }
    return NpyArray.of(joined);
  }
}
