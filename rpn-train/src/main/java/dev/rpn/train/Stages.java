package dev.rpn.train;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MapShape;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.RpnHead;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The stages of a network in the order of execution: its layers, the head's 3x3 convolution being
 * the last of them, then both 1x1 layers as one stage.
 */
final class Stages {
  private final TrainingKernels kernels;
  private final List<Layer> layers = new ArrayList<>();
  private final int firstLearning;
  private final List<StageKernel> forward = new ArrayList<>();

  /** The weights of a convolution; null for a pool. */
  private final List<@Nullable ConvolutionWeights> convolutions = new ArrayList<>();

  /**
   * The gradient of a convolution's input, bound to none; null for a pool, and where nothing before
   * it learns.
   */
  private final List<@Nullable StageKernel> inputGradients = new ArrayList<>();

  private final RpnHead head;
  private final HeadWeights headWeights;
  private final StageKernel heads;
  private final IdentityHashMap<StageKernel, MemorySegment> packed = new IdentityHashMap<>();
  private MemorySegment headsInputGradientPacked = MemorySegment.NULL;

  /**
   * @param freezeBackbone whether the head alone learns
   * @param weights the memory of a tensor by its name; read whenever packed
   */
  Stages(
      Architecture architecture,
      boolean freezeBackbone,
      Function<String, MemorySegment> weights,
      TrainingKernels kernels) {
    this.kernels = kernels;
    head = architecture.head();
    architecture.backbone().map(Backbone::layers).ifPresent(layers::addAll);
    layers.add(head.convolution());
    firstLearning = freezeBackbone ? layers.size() - 1 : 0;
    int channels = inputChannels(architecture);
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      switch (layer) {
        case Conv3x3 convolution -> {
          ConvolutionWeights bound = bind(convolution, weights);
          forward.add(kernels.convolution(bound));
          convolutions.add(bound);
          inputGradients.add(
              learnsBefore(i) ? kernels.inputGradient(bound, MemorySegment.NULL) : null);
        }
        case MaxPool2x2 pool -> {
          forward.add(kernels.maxPool(channels));
          convolutions.add(null);
          inputGradients.add(null);
        }
      }
      channels = layer.outputs(channels);
    }
    headWeights =
        new HeadWeights(
            bind(head.convolution(), weights),
            head.anchors(),
            weights.apply(RpnHead.CLASSIFICATION + "/kernel"),
            weights.apply(RpnHead.CLASSIFICATION + "/bias"),
            weights.apply(RpnHead.LOCATION + "/kernel"),
            weights.apply(RpnHead.LOCATION + "/bias"));
    heads = kernels.heads(headWeights);
  }

  private static ConvolutionWeights bind(Conv3x3 layer, Function<String, MemorySegment> weights) {
    return new ConvolutionWeights(
        layer.inputs(),
        layer.outputs(),
        weights.apply(layer.name() + "/kernel"),
        weights.apply(layer.name() + "/bias"));
  }

  /** Channels of what a network reads: a picture's or a feature map's. */
  static int inputChannels(Architecture architecture) {
    return architecture.backbone().isPresent()
        ? Backbone.PICTURE_CHANNELS
        : architecture.head().channels();
  }

  TrainingKernels kernels() {
    return kernels;
  }

  /** The layers, the head's 3x3 convolution last. */
  List<Layer> layers() {
    return layers;
  }

  StageKernel forward(int layer) {
    return forward.get(layer);
  }

  /**
   * The gradient of a convolution's input, where something before it learns.
   *
   * @param input the forward input
   */
  StageKernel inputGradient(int layer, MemorySegment input) {
    return kernels.inputGradient(Objects.requireNonNull(convolutions.get(layer)), input);
  }

  RpnHead head() {
    return head;
  }

  StageKernel heads() {
    return heads;
  }

  StageKernel headsInputGradient(MemorySegment hidden) {
    return kernels.headsInputGradient(headWeights, hidden);
  }

  /** The shapes of the maps: the input, then every layer's result. */
  MapShape[] shapes(MapShape input) {
    var shapes = new MapShape[layers.size() + 1];
    shapes[0] = input;
    for (int i = 0; i < layers.size(); i++) {
      shapes[i + 1] = forward.get(i).output(shapes[i]);
    }
    return shapes;
  }

  /** The first layer that backward has to reach. */
  int firstLearning() {
    return firstLearning;
  }

  /** The first convolution that learns. */
  Conv3x3 firstConvolution() {
    return layers.subList(firstLearning, layers.size()).stream()
        .filter(Conv3x3.class::isInstance)
        .map(Conv3x3.class::cast)
        .findFirst()
        .orElseThrow();
  }

  /** Whether anything before this layer learns, so that its input needs a gradient. */
  boolean learnsBefore(int layer) {
    return layer > firstLearning
        && layers.subList(firstLearning, layer).stream().anyMatch(Conv3x3.class::isInstance);
  }

  /** Bytes of one thread's scratch for inputs of this shape. */
  long scratchBytes(MapShape input) {
    MapShape[] shapes = shapes(input);
    MapShape hidden = shapes[shapes.length - 1];
    MapShape outputs = hidden.withChannels(head.outputs());
    long most =
        Math.max(
            heads.scratchBytes(hidden),
            headsInputGradient(MemorySegment.NULL).scratchBytes(outputs));
    most = Math.max(most, kernels.headsWeightGradientScratchBytes(hidden, head.anchors()));
    for (int i = 0; i < layers.size(); i++) {
      most = Math.max(most, forward.get(i).scratchBytes(shapes[i]));
      StageKernel gradient = inputGradients.get(i);
      if (gradient != null) {
        most = Math.max(most, gradient.scratchBytes(shapes[i + 1]));
      }
      if (layers.get(i) instanceof Conv3x3 convolution) {
        int batch = input.batch();
        for (int group = 0; group < GradientGroups.count(batch); group++) {
          int size = GradientGroups.first(group + 1, batch) - GradientGroups.first(group, batch);
          MapShape part = Pass.withBatch(shapes[i], size);
          most = Math.max(most, kernels.weightGradientScratchBytes(part, convolution.outputs()));
        }
      }
    }
    return Segments.align(most);
  }

  /** Bytes of all packed weights. */
  long packedBytes() {
    long bytes = Segments.align(headsInputGradient(MemorySegment.NULL).packedBytes());
    for (StageKernel stage : stages()) {
      bytes += Segments.align(stage.packedBytes());
    }
    return bytes;
  }

  /** Takes the memory for the packed weights, as much as {@link #packedBytes} says. */
  void allocatePacked(SegmentAllocator memory) {
    for (StageKernel stage : stages()) {
      packed.put(stage, allocate(memory, stage));
    }
    headsInputGradientPacked = allocate(memory, headsInputGradient(MemorySegment.NULL));
  }

  private static MemorySegment allocate(SegmentAllocator memory, StageKernel stage) {
    long bytes = stage.packedBytes();
    return memory.allocate(Segments.align(bytes), Segments.ALIGNMENT).asSlice(0, bytes);
  }

  /** The packed weights of a stage. */
  MemorySegment packed(StageKernel stage) {
    return Objects.requireNonNull(packed.get(stage));
  }

  /** The packed weights of {@link #inputGradient}, whatever it is bound to. */
  MemorySegment inputGradientPacked(int layer) {
    return packed(Objects.requireNonNull(inputGradients.get(layer)));
  }

  /** The packed weights of {@link #headsInputGradient}, whatever it is bound to. */
  MemorySegment headsInputGradientPacked() {
    return headsInputGradientPacked;
  }

  /** Packs every stage's weights anew: to be run after each update. */
  List<Step> packing(int parts) {
    var steps = new ArrayList<Step>();
    for (StageKernel stage : stages()) {
      if (stage.packedBytes() > 0) {
        steps.add(Step.pack(stage, packed(stage), parts));
      }
    }
    if (headsInputGradientPacked.byteSize() > 0) {
      steps.add(Step.pack(headsInputGradient(MemorySegment.NULL), headsInputGradientPacked, parts));
    }
    return steps;
  }

  /** All but the heads' input gradient, which is bound to a hidden map. */
  private List<StageKernel> stages() {
    var all = new ArrayList<StageKernel>(forward);
    for (StageKernel gradient : inputGradients) {
      if (gradient != null) {
        all.add(gradient);
      }
    }
    all.add(heads);
    return all;
  }
}
