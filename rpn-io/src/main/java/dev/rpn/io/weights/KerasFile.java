package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import dev.rpn.model.Tensor;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keras's HDF5 files: whole models and bare weights of the older form ({@code LAYER/.../kernel}
 * below {@code model_weights} or the root), and {@code .weights.h5} ({@code layers/CLASS_N/vars/0}
 * with the layer's name as an attribute).
 */
final class KerasFile implements TensorFile {
  /** The file is held in memory; VGG16 with its dense layers has 0.55 GB. */
  private static final long LARGEST = 1L << 30;

  private final Hdf5File hdf5;
  private final Map<String, Hdf5Dataset> datasets = new LinkedHashMap<>();

  private KerasFile(Hdf5File hdf5) {
    this.hdf5 = hdf5;
  }

  /** Opens a {@code .h5} or {@code .weights.h5} file. */
  static TensorFile openHdf5(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return open(Place.of(file), in, Files.size(file), Map.of());
    }
  }

  /**
   * Opens the file in a stream.
   *
   * @param names layer names by group, for groups that do not tell their own
   */
  static TensorFile open(Place place, InputStream in, long size, Map<String, String> names)
      throws IOException {
    if (size > LARGEST) {
      throw place.limit("an HDF5 file of at most " + LARGEST + " bytes", size);
    }
    Hdf5File hdf5 = Hdf5File.open(place, copy(place, in, (int) size));
    var keras = new KerasFile(hdf5);
    keras.find(names);
    return keras;
  }

  private static ByteBuffer copy(Place place, InputStream in, int size) throws IOException {
    ByteBuffer bytes;
    try {
      bytes = Arena.ofAuto().allocate(Math.max(1, size)).asByteBuffer().limit(size);
    } catch (OutOfMemoryError e) {
      throw place.memory(size, e);
    }
    ReadableByteChannel channel = Channels.newChannel(in);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw place.truncated(size, 0, bytes.position());
      }
    }
    return bytes.flip();
  }

  private void find(Map<String, String> names) throws IOException {
    Group layers = hdf5.group(hdf5.root(), "layers");
    if (layers != null) {
      findVariables(layers, names);
      return;
    }
    Group whole = hdf5.group(hdf5.root(), "model_weights");
    String config = hdf5.text(hdf5.root(), "model_config");
    if (config != null) {
      KerasConfig.parse(hdf5.place(), config);
    }
    findLayers(whole == null ? hdf5.root() : whole);
  }

  /** {@code layers/.../CLASS_N/vars/INDEX}: what stands before {@code vars} is one layer. */
  private void findVariables(Group layers, Map<String, String> names) throws IOException {
    var byGroup = new TreeMap<String, Map<String, Hdf5Dataset>>();
    var told = new HashMap<String, String>();
    for (Map.Entry<String, Dataset> dataset : hdf5.datasets(layers).entrySet()) {
      String path = dataset.getKey();
      int end = path.lastIndexOf("/vars/");
      if (end < 0) {
        continue;
      }
      String group = path.substring(0, end);
      add(byGroup, group, path, dataset.getValue());
      String name = layerName(dataset.getValue(), names.get(group));
      if (name != null) {
        told.put(group, name);
      }
    }
    if (told.isEmpty()) {
      told.putAll(HeadByShape.names(kernelShapes(byGroup)));
    }
    for (Map.Entry<String, Map<String, Hdf5Dataset>> group : byGroup.entrySet()) {
      name(told.getOrDefault(group.getKey(), group.getKey()), group.getValue());
    }
  }

  private @Nullable String layerName(Dataset variable, @Nullable String fallback)
      throws IOException {
    Group vars = Hdf5File.guarded(hdf5.place(), variable::getParent);
    String name = hdf5.text(vars, "name");
    return name == null ? fallback : name;
  }

  private static Map<String, List<Integer>> kernelShapes(
      Map<String, Map<String, Hdf5Dataset>> byGroup) {
    var shapes = new TreeMap<String, List<Integer>>();
    byGroup.forEach((group, variables) -> {
      for (Hdf5Dataset variable : variables.values()) {
        if (variable.shape().size() == 4) {
          shapes.put(group, variable.shape());
        }
      }
    });
    return shapes;
  }

  /** {@code .../LAYER/kernel:0}: the innermost group is the layer, whatever models enclose it. */
  private void findLayers(Group top) throws IOException {
    var byLayer = new TreeMap<String, Map<String, Hdf5Dataset>>();
    for (Map.Entry<String, Dataset> dataset : hdf5.datasets(top).entrySet()) {
      String path = dataset.getKey();
      int end = path.lastIndexOf('/');
      if (end < 0 || path.startsWith("optimizer_weights/")) {
        continue;
      }
      String layer = path.substring(path.lastIndexOf('/', end - 1) + 1, end);
      add(byLayer, layer, path, dataset.getValue());
    }
    for (Map.Entry<String, Map<String, Hdf5Dataset>> layer : byLayer.entrySet()) {
      name(layer.getKey(), layer.getValue());
    }
    if (datasets.isEmpty()) {
      throw hdf5.place().wrong("the layers of a Keras model", "none");
    }
  }

  private void add(
      Map<String, Map<String, Hdf5Dataset>> groups, String group, String path, Dataset dataset)
      throws IOException {
    Place place = hdf5.place().tensor(path);
    if (!Hdf5Dataset.isFloat(place, dataset)) {
      return;
    }
    String own = path.substring(path.lastIndexOf('/') + 1);
    String name = own.endsWith(":0") ? own.substring(0, own.length() - 2) : own;
    Map<String, Hdf5Dataset> members = groups.computeIfAbsent(group, key -> new TreeMap<>());
    if (members.put(name, Hdf5Dataset.of(hdf5, place, dataset)) != null) {
      throw place.wrong("each variable of a layer once", Quote.of(name) + " twice");
    }
  }

  /** Names a layer's variables: of a convolution by their rank, else as they are called. */
  private void name(String layer, Map<String, Hdf5Dataset> variables) throws IOException {
    long kernels = variables.values().stream().filter(v -> v.shape().size() == 4).count();
    long biases = variables.values().stream().filter(v -> v.shape().size() == 1).count();
    boolean convolution = kernels == 1 && biases <= 1 && variables.size() == kernels + biases;
    for (Map.Entry<String, Hdf5Dataset> variable : variables.entrySet()) {
      String role =
          convolution
              ? (variable.getValue().shape().size() == 4 ? "kernel" : "bias")
              : variable.getKey();
      if (datasets.put(layer + "/" + role, variable.getValue()) != null) {
        throw hdf5.place().wrong("each layer once", Quote.of(layer) + " twice");
      }
    }
  }

  @Override
  public Place place() {
    return hdf5.place();
  }

  @Override
  public String format() {
    return "Keras HDF5";
  }

  @Override
  public String type(String name) {
    Hdf5Dataset dataset = datasets.get(name);
    return dataset == null ? "" : dataset.format().name();
  }

  @Override
  public Map<String, List<Integer>> shapes() {
    var shapes = new LinkedHashMap<String, List<Integer>>();
    datasets.forEach((name, dataset) -> shapes.put(name, dataset.shape()));
    return shapes;
  }

  @Override
  public Tensor read(String name) throws IOException {
    Hdf5Dataset dataset = datasets.get(name);
    if (dataset == null) {
      throw new IllegalArgumentException("no tensor " + Quote.of(name));
    }
    return dataset.read();
  }

  @Override
  public void close() throws IOException {
    hdf5.close();
  }
}
