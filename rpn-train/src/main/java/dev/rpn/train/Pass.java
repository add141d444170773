package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.StageKernel;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MapShape;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.RpnHead;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Forward and backward for one size of batch: two lists of steps on fixed memory.
 *
 * <p>Backward begins at the heads' output gradient. A map's gradient is that before the ReLU which
 * made it; the gradient of the network's own input is never computed, nor any below the first layer
 * that learns.
 */
final class Pass {
  private final Stages stages;
  private final Parameters parameters;
  private final GradientGroups groups;
  private final Maps maps;
  private final MemorySegment[] scratch;
  private final MapShape[] shapes;
  private final MapShape heads;

  // Cut once, so that a step makes no slices.
  private final MemorySegment logits;
  private final MemorySegment deltas;
  private final MemorySegment logitGradients;
  private final MemorySegment deltaGradients;
  private final Step[] forward;
  private final Step[] backward;

  /**
   * @param input the shape of the input with this batch
   * @param scratch one a thread
   */
  Pass(
      Stages stages,
      Parameters parameters,
      GradientGroups groups,
      Maps maps,
      MapShape input,
      MemorySegment[] scratch) {
    this.stages = stages;
    this.parameters = parameters;
    this.groups = groups;
    this.maps = maps;
    this.scratch = scratch;
    shapes = stages.shapes(input);
    MapShape hidden = shapes[shapes.length - 1];
    heads = hidden.withChannels(stages.head().outputs());
    long logitBytes = hidden.withChannels(stages.head().anchors()).bytes();
    logits = maps.outputs(heads).asSlice(0, logitBytes);
    deltas = maps.outputs(heads).asSlice(logitBytes);
    logitGradients = maps.outputGradients(heads).asSlice(0, logitBytes);
    deltaGradients = maps.outputGradients(heads).asSlice(logitBytes);
    forward = forwardSteps().toArray(Step[]::new);
    backward = backwardSteps().toArray(Step[]::new);
  }

  static MapShape withBatch(MapShape shape, int batch) {
    return new MapShape(batch, shape.height(), shape.width(), shape.channels());
  }

  void forward(Workers workers) {
    Step.runAll(forward, workers);
  }

  void backward(Workers workers) {
    Step.runAll(backward, workers);
  }

  /** The memory of the input. */
  MemorySegment input() {
    return activation(0);
  }

  MapShape hiddenShape() {
    return shapes[shapes.length - 1];
  }

  /** Input, results of the layers, logits, deltas: for looking at. */
  int maps() {
    return shapes.length + 2;
  }

  String mapName(int index) {
    if (index == 0) {
      return "input";
    }
    return "output of "
        + switch (index - shapes.length) {
          case 0 -> RpnHead.CLASSIFICATION;
          case 1 -> RpnHead.LOCATION;
          default -> stages.layers().get(index - 1).name();
        };
  }

  MemorySegment map(int index) {
    return switch (index - shapes.length) {
      case 0 -> logits();
      case 1 -> deltas();
      default -> activation(index);
    };
  }

  MemorySegment logits() {
    return logits;
  }

  MemorySegment deltas() {
    return deltas;
  }

  MemorySegment logitGradients() {
    return logitGradients;
  }

  MemorySegment deltaGradients() {
    return deltaGradients;
  }

  private MemorySegment activation(int index) {
    return maps.activation(index, shapes[index]);
  }

  private List<Step> forwardSteps() {
    var steps = new ArrayList<Step>();
    for (int i = 0; i < stages.layers().size(); i++) {
      StageKernel stage = stages.forward(i);
      steps.add(
          Step.stage(
              stage, shapes[i], activation(i), activation(i + 1), stages.packed(stage), scratch));
    }
    steps.add(
        Step.stage(
            stages.heads(),
            hiddenShape(),
            activation(shapes.length - 1),
            maps.outputs(heads),
            stages.packed(stages.heads()),
            scratch));
    return steps;
  }

  private List<Step> backwardSteps() {
    var steps = new ArrayList<Step>();
    MemorySegment hidden = activation(shapes.length - 1);
    int turn = 0;
    steps.add(
        Step.stage(
            stages.headsInputGradient(hidden),
            heads,
            maps.outputGradients(heads),
            maps.gradient(turn, hiddenShape()),
            stages.headsInputGradientPacked(),
            scratch));
    // What nobody waits for yet, so that a thread has something to do while others finish.
    Step alongside = headsWeightGradient(hidden);
    for (int i = stages.layers().size() - 1; i >= stages.firstLearning(); i--) {
      MemorySegment gradient = maps.gradient(turn, shapes[i + 1]);
      Layer layer = stages.layers().get(i);
      switch (layer) {
        case Conv3x3 convolution -> {
          Step together = weightGradient(i, convolution, gradient).with(alongside);
          alongside = Step.NONE;
          if (stages.learnsBefore(i)) {
            turn = 1 - turn;
            together =
                together.with(
                    Step.stage(
                        stages.inputGradient(i, activation(i)),
                        shapes[i + 1],
                        gradient,
                        maps.gradient(turn, shapes[i]),
                        stages.inputGradientPacked(i),
                        scratch));
          }
          steps.add(together);
        }
        case MaxPool2x2 pool -> {
          if (stages.learnsBefore(i)) {
            turn = 1 - turn;
            steps.add(maxPoolGradient(i, gradient, maps.gradient(turn, shapes[i])));
          }
        }
      }
    }
    int count = GradientGroups.count(hiddenShape().batch());
    if (count > 1) {
      String first = stages.firstConvolution().name() + "/kernel";
      steps.add(groups.sum(count, first, RpnHead.CLASSIFICATION + "/kernel", scratch.length));
    }
    return steps;
  }

  private Step headsWeightGradient(MemorySegment hidden) {
    TrainingKernels kernels = stages.kernels();
    MapShape shape = hiddenShape();
    int anchors = stages.head().anchors();
    MemorySegment gradient = maps.outputGradients(heads);
    MemorySegment classificationKernel = parameters.gradient(RpnHead.CLASSIFICATION + "/kernel");
    MemorySegment classificationBias = parameters.gradient(RpnHead.CLASSIFICATION + "/bias");
    MemorySegment locationKernel = parameters.gradient(RpnHead.LOCATION + "/kernel");
    MemorySegment locationBias = parameters.gradient(RpnHead.LOCATION + "/bias");
    int parts = scratch.length;
    return new Step(
        (part, worker) ->
            kernels.headsWeightGradient(
                shape,
                anchors,
                hidden,
                gradient,
                classificationKernel,
                classificationBias,
                locationKernel,
                locationBias,
                scratch[worker],
                part,
                parts),
        parts);
  }

  private Step weightGradient(int index, Conv3x3 layer, MemorySegment outGradient) {
    TrainingKernels kernels = stages.kernels();
    int batch = shapes[index].batch();
    int count = GradientGroups.count(batch);
    var parts = new MapShape[count];
    var in = new MemorySegment[count];
    var gradient = new MemorySegment[count];
    var kernelGradient = new MemorySegment[count];
    var biasGradient = new MemorySegment[count];
    for (int i = 0; i < count; i++) {
      int first = GradientGroups.first(i, batch);
      int size = GradientGroups.first(i + 1, batch) - first;
      parts[i] = withBatch(shapes[index], size);
      in[i] = pictures(activation(index), batch, first, size);
      gradient[i] = pictures(outGradient, batch, first, size);
      kernelGradient[i] = groups.gradient(i, layer.name() + "/kernel");
      biasGradient[i] = groups.gradient(i, layer.name() + "/bias");
    }
    int outputs = layer.outputs();
    // Where there are fewer groups than threads, some share one out.
    int shares = Math.ceilDiv(scratch.length, count);
    return new Step(
        (block, worker) -> {
          int group = block / shares;
          kernels.weightGradient(
              parts[group],
              outputs,
              in[group],
              gradient[group],
              kernelGradient[group],
              biasGradient[group],
              scratch[worker],
              block % shares,
              shares);
        },
        count * shares);
  }

  /** Some pictures of a map. */
  private static MemorySegment pictures(MemorySegment map, int batch, int first, int count) {
    long picture = map.byteSize() / batch;
    return map.asSlice(first * picture, count * picture);
  }

  private Step maxPoolGradient(int index, MemorySegment outGradient, MemorySegment inGradient) {
    TrainingKernels kernels = stages.kernels();
    MapShape shape = shapes[index];
    MemorySegment in = activation(index);
    int parts = scratch.length;
    return new Step(
        (part, worker) -> kernels.maxPoolGradient(shape, in, outGradient, inGradient, part, parts),
        parts);
  }
}
