package dev.rpn.bench.peers;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import dev.rpn.model.RpnHead;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN: three convolutions with fused ReLU and logistic, its choice of algorithm and layouts.
 * Input and weights are in those layouts before the first run.
 */
final class OneDnn implements Contender {
  private final HeadCase head;
  private final int threads;
  private final engine processor = new engine(engine.kind.cpu, 0);
  private final stream queue = new stream(processor);
  private final List<Step> steps = new ArrayList<>();
  private final memory probabilities;
  private final memory deltas;

  private record Step(convolution_forward primitive, IntMemoryMap arguments) {}

  OneDnn(HeadCase head, int threads) {
    this.head = head;
    this.threads = threads;
    OpenMp.setThreads(threads);
    int channels = head.map().channels();
    int anchors = head.head().anchors();
    var source = desc(memory.format_tag.nchw, map(channels));
    memory input = filled(source, head.inputNchw());
    memory hidden =
        convolution(RpnHead.CONVOLUTION, input, true, 3, channels, algorithm.eltwise_relu);
    probabilities =
        convolution(RpnHead.CLASSIFICATION, hidden, false, 1, anchors, algorithm.eltwise_logistic);
    deltas = convolution(RpnHead.LOCATION, hidden, false, 1, 4 * anchors, null);
  }

  private long[] map(int channels) {
    return new long[] {1, channels, head.map().height(), head.map().width()};
  }

  private static memory.desc desc(memory.format_tag layout, long... sides) {
    return new memory.desc(sides, memory.data_type.f32, layout);
  }

  /** Adds a step; returns its result. */
  private memory convolution(
      String layer,
      memory source,
      boolean anySource,
      int side,
      int outputs,
      @Nullable algorithm activation) {
    int inputs = head.map().channels();
    var attributes = new primitive_attr();
    if (activation != null) {
      var operations = new post_ops();
      operations.append_eltwise(activation, 0, 0);
      attributes.set_post_ops(operations);
    }
    long[] step = {1, 1};
    long[] padding = {side / 2, side / 2};
    var description =
        new convolution_forward.primitive_desc(
            processor,
            prop_kind.forward_inference,
            algorithm.convolution_auto,
            anySource ? desc(memory.format_tag.any, map(inputs)) : source.get_desc(),
            desc(memory.format_tag.any, outputs, inputs, side, side),
            desc(memory.format_tag.x, outputs),
            desc(memory.format_tag.any, map(outputs)),
            step,
            padding,
            padding,
            attributes,
            false);
    memory kernel =
        reordered(
            filled(
                desc(memory.format_tag.oihw, outputs, inputs, side, side), head.kernelOihw(layer)),
            description.weights_desc());
    memory result = new memory(description.dst_desc(), processor);
    var arguments = new IntMemoryMap();
    arguments.put(DNNL_ARG_SRC, reordered(source, description.src_desc()));
    arguments.put(DNNL_ARG_WEIGHTS, kernel);
    arguments.put(DNNL_ARG_BIAS, filled(desc(memory.format_tag.x, outputs), head.bias(layer)));
    arguments.put(DNNL_ARG_DST, result);
    steps.add(new Step(new convolution_forward(description), arguments));
    return result;
  }

  private memory filled(memory.desc layout, float[] values) {
    var to = new memory(layout, processor);
    new FloatPointer(to.get_data_handle()).put(values, 0, values.length);
    return to;
  }

  private memory reordered(memory from, memory.desc layout) {
    if (from.get_desc().equals(layout)) {
      return from;
    }
    var to = new memory(layout, processor);
    new reorder(from, to).execute(queue, from, to);
    queue._wait();
    return to;
  }

  @Override
  public String name() {
    return "oneDNN";
  }

  @Override
  public void run() {
    OpenMp.setThreads(threads);
    for (Step step : steps) {
      step.primitive.execute(queue, step.arguments);
    }
    queue._wait();
  }

  @Override
  public float[][] outputs() {
    int anchors = head.head().anchors();
    return new float[][] {values(probabilities, anchors), values(deltas, 4 * anchors)};
  }

  private float[] values(memory from, int channels) {
    memory plain = reordered(from, desc(memory.format_tag.nhwc, map(channels)));
    float[] values = new float[head.map().positions() * channels];
    new FloatPointer(plain.get_data_handle()).get(values, 0, values.length);
    return values;
  }

  @Override
  public void close() {
    steps.forEach(step -> {
      step.arguments.close();
      step.primitive.close();
    });
    queue.close();
    processor.close();
  }
}
