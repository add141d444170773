package dev.rpn.io.weights;

import dev.rpn.anchor.Profile;
import dev.rpn.io.Quote;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.Network;
import dev.rpn.model.Tensor;
import dev.rpn.model.TensorSpec;
import dev.rpn.model.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reads weights from any format, told apart by content, and writes them by the file's extension.
 * Names are Keras's: {@code LAYER/kernel} (HWIO) and {@code LAYER/bias}.
 */
public final class WeightFiles {
  private WeightFiles() {}

  /**
   * Reads all tensors of a safetensors, npz, Keras {@code .h5}, {@code .weights.h5} or {@code
   * .keras} file by name, or of an ONNX graph those of the proposal head and of a VGG-style
   * backbone before it.
   *
   * @throws WeightFormatException if the file is malformed, over a limit or not supported
   */
  public static Map<String, Tensor> read(Path file) throws IOException {
    return read(file, NonFinite.REFUSE);
  }

  /**
   * Reads all tensors by name.
   *
   * @throws WeightFormatException if the file is malformed, over a limit or not supported
   */
  public static Map<String, Tensor> read(Path file, NonFinite nonFinite) throws IOException {
    try (TensorFile open = WeightFormat.open(file)) {
      return open.readAll(nonFinite);
    }
  }

  /**
   * Reads a network, with a backbone where the file has one: channels, anchors and layers follow
   * from names and shapes, which are checked before a value is read.
   *
   * @throws WeightFormatException if the file is malformed, over a limit or not supported
   * @throws ModelMismatchException if a tensor is missing, unknown or of another shape
   */
  public static Network readNetwork(Path file) throws IOException {
    try (TensorFile open = WeightFormat.openNetwork(file)) {
      Architecture architecture = ModelMetadata.architecture(open);
      return network(open, architecture);
    }
  }

  /**
   * Reads a network whose head and backbone are in files of their own.
   *
   * @throws WeightFormatException if a file is malformed, over a limit or not supported
   * @throws ModelMismatchException if a tensor is missing, unknown or of another shape, or the head
   *     does not fit the backbone
   */
  public static Network readNetwork(Path headFile, Path backboneFile) throws IOException {
    try (TensorFile head = WeightFormat.openNetwork(headFile);
        TensorFile base = WeightFormat.openNetwork(backboneFile)) {
      Architecture alone = ArchitectureGuess.of(head);
      Backbone backbone =
          ArchitectureGuess.backbone(base)
              .orElseThrow(() ->
                  new ModelMismatchException(
                      base.place()
                          + ": expected a backbone's layers (block1_conv1, ...), got "
                          + Quote.escape(base.shapes().keySet().toString())));
      if (alone.backbone().isPresent()) {
        throw new ModelMismatchException(
            head.place() + ": expected a head alone, got one with a backbone");
      }
      if (backbone.channels() != alone.head().channels()) {
        throw new ModelMismatchException(
            head.place()
                + ": channels: expected the backbone's "
                + backbone.channels()
                + ", got "
                + alone.head().channels());
      }
      var specs = new ArrayList<TensorSpec>();
      backbone.layers().forEach(layer -> specs.addAll(layer.weights()));
      ArchitectureGuess.check(specs, base);
      var tensors = new LinkedHashMap<>(base.readAll(NonFinite.REFUSE));
      tensors.putAll(head.readAll(NonFinite.REFUSE));
      Architecture whole = Architecture.of(backbone, alone.head());
      return new Network(whole, Weights.of(whole, tensors));
    }
  }

  /** Reads the weights of a known architecture, shapes first. */
  static Network network(TensorFile open, Architecture architecture) throws IOException {
    ArchitectureGuess.check(architecture.weights(), open);
    return new Network(architecture, Weights.of(architecture, open.readAll(NonFinite.REFUSE)));
  }

  /**
   * Writes a network's weights with the name of the conventions that they were trained under, which
   * {@link WeightSummary} tells again; replaces the file as a whole.
   *
   * @param file a safetensors file, whatever its name
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void write(Path file, Network network, Profile profile) throws IOException {
    Safetensors.write(
        file, network.weights().asMap(), Map.of(ModelMetadata.PROFILE, profile.name()));
  }

  /**
   * Writes a network's weights, replacing the file as a whole.
   *
   * <p>An ONNX graph takes {@code features} (N, C, H, W), or with a backbone {@code pictures} (N,
   * 3, H, W), float32, and gives {@code classification} (N, k, H', W'), the probability after the
   * sigmoid, and {@code location} (N, 4k, H', W'), an anchor's four deltas one after another; N, H
   * and W are any.
   *
   * @param file ends in {@code .safetensors}, {@code .npz}, {@code .weights.h5} or {@code .onnx}
   * @throws UnsupportedWeightException if it ends in something else
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void write(Path file, Network network) throws IOException {
    Map<String, Tensor> tensors = network.weights().asMap();
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      Safetensors.write(file, tensors, Map.of());
    } else if (name.endsWith(".npz")) {
      var arrays = new LinkedHashMap<String, NpyArray>();
      tensors.forEach((key, tensor) -> arrays.put(key, NpyArray.of(tensor)));
      Npz.write(file, arrays);
    } else if (name.endsWith(".weights.h5")) {
      KerasWeightsWriter.write(file, network);
    } else if (name.endsWith(".onnx")) {
      OnnxWriter.write(file, network);
    } else {
      throw Place.of(file)
          .unsupported("expected a name that ends in .safetensors, .npz, .weights.h5 or .onnx");
    }
  }
}
