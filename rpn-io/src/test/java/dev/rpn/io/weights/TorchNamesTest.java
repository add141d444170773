package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.kernel.Segments;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchNamesTest {
  private static final Architecture HEAD = Architecture.of(new RpnHead(8, 3));

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"float32.pt", "strided.pt", "nested.pt", "fasterrcnn.pt", "head.npz"})
  void computesWhatTorchComputes(String name) throws IOException {
    Path file = Fixtures.file("torch/" + name);
    if (name.equals("head.npz")) {
      file = write(".npz", key -> key, Map.of());
    }
    Network network = WeightFiles.readNetwork(file);
    assertThat(network.architecture()).isEqualTo(HEAD);
    assertComputes(network, Npz.read(Fixtures.file("torch/head.npz")));
  }

  @Test
  void computesWhatTorchComputesFromAPicture() throws IOException {
    Network network = WeightFiles.readNetwork(Fixtures.file("torch/vgg.pt"));
    assertThat(network.architecture().backbone())
        .contains(Backbone.thin(2, 2, 3, 3, 4, 4, 4, 6, 6, 6, 8, 8, 8));
    assertComputes(network, Npz.read(Fixtures.file("torch/vgg.npz")));
    // A classifier alone: what is not the convolutions is left out.
    var classifier = new LinkedHashMap<String, Tensor>();
    classifier.put("classifier.0.weight", Tensor.zeros(5, 8));
    WeightFiles.read(Fixtures.file("torch/vgg.pt"))
        .forEach((name, tensor) -> {
          if (name.startsWith("backbone.")) {
            classifier.put(name.replace("backbone.", "features."), tensor);
          }
        });
    Path file = directory.resolve("vgg16.safetensors");
    Safetensors.write(file, classifier, Map.of());
    assertThat(WeightFiles.readNetwork(Fixtures.file("torch/float32.pt"), file)).isEqualTo(network);
  }

  private static void assertComputes(Network network, Map<String, NpyArray> golden) {
    int[] shape = golden.get("x").shape();
    var input = new MapShape(shape[0], shape[2], shape[3], shape[1]);
    try (Arena arena = Arena.ofConfined();
        var engine = new NetworkEngine(network, EngineOptions.standard(), input)) {
      engine.forward(0, input, nhwc(arena, golden.get("x")));
      assertClose(engine.logits(0), nhwc(arena, golden.get("logits")));
      assertClose(engine.deltas(0), nhwc(arena, golden.get("deltas")));
    }
  }

  private static void assertClose(MemorySegment actual, MemorySegment expected) {
    float[] values = actual.toArray(ValueLayout.JAVA_FLOAT);
    float[] goldens = expected.toArray(ValueLayout.JAVA_FLOAT);
    assertThat(values).hasSameSizeAs(goldens);
    double error = 0;
    double norm = 0;
    for (int i = 0; i < values.length; i++) {
      error += Math.pow(values[i] - goldens[i], 2);
      norm += Math.pow(goldens[i], 2);
    }
    assertThat(norm).isPositive();
    assertThat(Math.sqrt(error / norm)).isLessThan(1e-6);
  }

  private static MemorySegment nhwc(Arena arena, NpyArray array) {
    int[] shape = array.shape();
    float[] nchw = array.toFloats();
    MemorySegment segment = Segments.allocate(arena, nchw.length);
    int plane = shape[2] * shape[3];
    for (int i = 0; i < nchw.length; i++) {
      int picture = i / plane / shape[1];
      long index = ((long) picture * plane + i % plane) * shape[1] + i / plane % shape[1];
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, nchw[i]);
    }
    return segment;
  }

  @ParameterizedTest
  @CsvSource({
    "rpn.head.conv.0.0, rpn.head.cls_logits, rpn.head.bbox_pred, torchvision",
    "module.rpn.head.conv, module.rpn.head.cls_logits, module.rpn.head.bbox_pred, torchvision",
    "conv, cls_logits, bbox_pred, torchvision",
    "proposal_generator.rpn_head.conv, proposal_generator.rpn_head.objectness_logits,"
        + " proposal_generator.rpn_head.anchor_deltas, detectron2",
  })
  void knowsTheNamesInEveryFormat(String conv, String scores, String deltas, String profile)
      throws IOException {
    Map<String, Tensor> others =
        Map.of(
            "backbone.res2.0.conv1.weight", Tensor.zeros(4, 3, 7, 7),
            "head.classification_head.cls_logits.weight", Tensor.zeros(9, 8, 3, 3),
            "roi_heads.box_predictor.bbox_pred.weight", Tensor.zeros(8, 4));
    Network expected = WeightFiles.readNetwork(Fixtures.file("torch/float32.pt"));
    for (String extension : new String[] {".npz", ".safetensors"}) {
      Path file =
          write(
              extension,
              name ->
                  name.replace("conv.0.0", conv)
                      .replace("cls_logits", scores)
                      .replace("bbox_pred", deltas),
              others);
      assertThat(WeightFiles.readNetwork(file)).isEqualTo(expected);
      try (TensorFile open = WeightFormat.openNetwork(file)) {
        assertThat(open.metadata()).containsEntry("rpn.profile", profile);
        assertThat(((TorchNames) open).others()).isEqualTo(3);
      }
    }
  }

  @Test
  void readsMatricesAsOneByOneLayers() throws IOException {
    Map<String, Tensor> flat = tensors();
    flat.replaceAll((name, tensor) ->
        name.matches("(cls|bbox).*weight")
            ? Tensor.of(tensor.toArray(), tensor.shape()[0], tensor.shape()[1])
            : tensor);
    Path file = directory.resolve("flat.safetensors");
    Safetensors.write(file, flat, Map.of());
    assertThat(WeightFiles.readNetwork(file))
        .isEqualTo(WeightFiles.readNetwork(Fixtures.file("torch/float32.pt")));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "two convolutions | conv.1.0.weight | 8,8,3,3 | 'conv.1.0.weight': expected a head of one 3x3 convolution",
        "softmax pairs | cls_logits.weight | 6,8,1,1 | got two for each of 3 anchors (a softmax",
        "keras layout | conv.0.0.weight | 3,3,8,8 | 'conv.0.0.weight': expected shape [3, 3, 3, 3] (out, in, height, width), got [3, 3, 8, 8]",
        "five deltas | bbox_pred.weight | 15,8,1,1 | expected four deltas for each of 3 anchors, shape [12, 8, 1, 1], got [15, 8, 1, 1]",
        "other channels | cls_logits.weight | 3,7,1,1 | expected shape [3, 8, 1, 1] (out, in, height, width), got [3, 7, 1, 1]",
        "wide scores | cls_logits.weight | 3,8,3,3 | expected shape [3, 8, 1, 1]",
        "no bias | bbox_pred.bias | | 'bbox_pred.bias': expected shape [12], got no such tensor",
        "short bias | cls_logits.bias | 2 | 'cls_logits.bias': expected shape [3], got [2]",
        "no convolution | conv.0.0.weight | | missing tensor 'conv.0.0.weight' beside 'cls_logits.weight'",
        "flat convolution | conv.0.0.weight | 64 | 'conv.0.0.weight': expected shape [out, in, height, width], got [64]",
        "empty | cls_logits.weight | 0,8,1,1 | expected shape [out, in, height, width], got [0, 8, 1, 1]",
      })
  void refusesHeadsThatItCannotCompute(String what, String name, String sides, String message)
      throws IOException {
    Map<String, Tensor> tensors = tensors();
    tensors.remove(name);
    if (sides != null) {
      tensors.put(
          name,
          Tensor.zeros(Arrays.stream(sides.split(",")).mapToInt(Integer::parseInt).toArray()));
    }
    Path file = directory.resolve("head.safetensors");
    Safetensors.write(file, tensors, Map.of());
    assertThatThrownBy(() -> WeightFiles.readNetwork(file))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesTwoHeads() throws IOException {
    Map<String, Tensor> both = tensors();
    tensors().forEach((name, tensor) -> both.put("teacher." + name, tensor));
    Path file = directory.resolve("two.safetensors");
    Safetensors.write(file, both, Map.of());
    assertThatThrownBy(() -> WeightFiles.readNetwork(file))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("expected one head, got");
  }

  private static Map<String, Tensor> tensors() throws IOException {
    return new LinkedHashMap<>(WeightFiles.read(Fixtures.file("torch/float32.pt")));
  }

  private Path write(String extension, UnaryOperator<String> rename, Map<String, Tensor> others)
      throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>(others);
    tensors().forEach((name, tensor) -> tensors.put(rename.apply(name), tensor));
    Path file = directory.resolve("named" + extension);
    if (extension.equals(".npz")) {
      var arrays = new LinkedHashMap<String, NpyArray>();
      tensors.forEach((name, tensor) -> arrays.put(name, NpyArray.of(tensor)));
      Npz.write(file, arrays);
    } else {
      Safetensors.write(file, tensors, Map.of());
    }
    return file;
  }
}
