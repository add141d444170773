package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import dev.rpn.model.TensorSpec;
import dev.rpn.model.Weights;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX files that others wrote: onnx's helpers and torch (tools/make_onnx_fixtures.py). */
class OnnxFixturesTest {
  private static final RpnHead HEAD = new RpnHead(4, 3);

  /** The values that the script states. */
  private static Map<String, Tensor> head() {
    var tensors = new LinkedHashMap<String, Tensor>();
    int used = 0;
    for (TensorSpec spec : HEAD.weights()) {
      Tensor tensor = Tensor.zeros(spec.sides());
      for (int i = 0; i < tensor.size(); i++) {
        tensor.set(i, (7 * used++ % 31 - 15) / 8f);
      }
      tensors.put(spec.name(), tensor);
    }
    return tensors;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raw",
        "float_data",
        "double",
        "double_typed",
        "float16",
        "float16_typed",
        "bfloat16",
        "bfloat16_typed",
        "constants",
        "nhwc",
        "levels",
        "residual",
        "torch_levels"
      })
  void readsTheHead(String name) throws IOException {
    Network network = WeightFiles.readNetwork(Fixtures.file("onnx/" + name + ".onnx"));

    Architecture architecture = Architecture.of(HEAD);
    assertThat(network).isEqualTo(new Network(architecture, Weights.of(architecture, head())));
  }

  @Test
  void readsABackboneOfTorch() throws IOException {
    Network network = WeightFiles.readNetwork(Fixtures.file("onnx/torch_vgg.onnx"));

    var backbone =
        new Backbone(
            List.of(
                new Conv3x3("block1_conv1", 3, 2),
                new MaxPool2x2("block1_pool"),
                new Conv3x3("block2_conv1", 2, 4)));
    Architecture architecture = Architecture.of(backbone, HEAD);
    Map<String, Tensor> tensors = head();
    tensors.putAll(WeightFiles.read(Fixtures.file("onnx/torch_vgg.npz")));
    assertThat(network).isEqualTo(new Network(architecture, Weights.of(architecture, tensors)));
  }
}
