package dev.rpn.engine;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import java.util.ArrayList;
import java.util.List;

/**
 * A network's stages in order, the head's last, and what they need for the largest input of each
 * level.
 *
 * @param stages of the backbone, then those of the head
 * @param capacity the largest input of each level
 */
record StageChain(List<StageKernel> stages, List<MapShape> capacity) {
  /**
   * @throws IllegalArgumentException if there is no level, a level's channels are not the
   *     network's, or a backbone is given several levels
   */
  static StageChain of(Network network, EngineOptions options, List<MapShape> capacity) {
    Architecture architecture = network.architecture();
    checkLevels(architecture, capacity);
    InferenceKernels kernels = options.kernels().inference();
    var stages = new ArrayList<StageKernel>();
    int channels = Backbone.PICTURE_CHANNELS;
    for (Layer layer : architecture.backbone().map(Backbone::layers).orElse(List.of())) {
      stages.add(
          layer instanceof Conv3x3 convolution
              ? kernels.convolution(
                  ConvolutionWeights.of(convolution, network.weights()), options.algorithm())
              : kernels.maxPool(channels));
      channels = layer.outputs(channels);
    }
    HeadWeights head = HeadWeights.of(architecture.head(), network.weights());
    List<MapShape> maps = capacity.stream().map(level -> after(stages, level)).toList();
    stages.addAll(kernels.headStages(head, options.algorithm(), maps, options.threads()));
    return new StageChain(List.copyOf(stages), capacity);
  }

  private static void checkLevels(Architecture architecture, List<MapShape> capacity) {
    if (capacity.isEmpty()) {
      throw new IllegalArgumentException("levels: expected at least one, got none");
    }
    if (architecture.backbone().isPresent() && capacity.size() != 1) {
      throw new IllegalArgumentException(
          "levels: a network with a backbone reads one picture, got " + capacity.size());
    }
    for (MapShape level : capacity) {
      if (architecture.backbone().isPresent()) {
        architecture.backbone().get().featureShape(level);
      } else {
        checkChannels(architecture, level);
      }
    }
  }

  /**
   * @throws IllegalArgumentException if the channels are not what the network reads
   */
  static void checkChannels(Architecture architecture, MapShape shape) {
    int expected =
        architecture.backbone().isPresent()
            ? Backbone.PICTURE_CHANNELS
            : architecture.head().channels();
    if (shape.channels() != expected) {
      throw new IllegalArgumentException(
          "channels: expected " + expected + ", got " + shape.channels());
    }
  }

  /** The shape behind the first {@code count} stages. */
  private MapShape after(int count, MapShape input) {
    return after(stages.subList(0, count), input);
  }

  private static MapShape after(List<StageKernel> stages, MapShape input) {
    MapShape shape = input;
    for (StageKernel stage : stages) {
      shape = stage.output(shape);
    }
    return shape;
  }

  /** Bytes of the head's output for a level's largest input. */
  long outputBytes(int level) {
    return Segments.align(after(stages.size(), capacity.get(level)).bytes());
  }

  /** Bytes of the largest map between two stages. */
  long mapBytes() {
    long bytes = 0;
    for (MapShape level : capacity) {
      for (int count = 1; count < stages.size(); count++) {
        bytes = Math.max(bytes, after(count, level).bytes());
      }
    }
    return Segments.align(bytes);
  }

  /** Bytes of the largest input. */
  long inputBytes() {
    return Segments.align(capacity.stream().mapToLong(MapShape::bytes).max().orElse(0));
  }

  /** Bytes of scratch that one thread needs for any stage. */
  long scratchBytes() {
    long bytes = 0;
    for (MapShape level : capacity) {
      for (int i = 0; i < stages.size(); i++) {
        bytes = Math.max(bytes, stages.get(i).scratchBytes(after(i, level)));
      }
    }
    return Segments.align(bytes);
  }

  /** All of it: packed weights, two maps that stages alternate between, input, outputs, scratch. */
  Footprint footprint(int threads) {
    long weights = 0;
    for (StageKernel stage : stages) {
      weights += Segments.align(stage.packedBytes());
    }
    long maps = 2 * mapBytes() + inputBytes();
    for (int level = 0; level < capacity.size(); level++) {
      maps += outputBytes(level);
    }
    return new Footprint(weights, maps, threads * scratchBytes(), 0);
  }
}
