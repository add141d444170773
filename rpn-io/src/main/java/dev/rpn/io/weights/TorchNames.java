package dev.rpn.io.weights;

import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file of torchvision's or detectron2's tensors under the engine's names: the head's and a
 * VGG16's alone, kernels turned from OIHW to HWIO. The profile that the names reveal stands in the
 * metadata, unless the file tells its own.
 */
final class TorchNames implements TensorFile {
  private static final String KERNEL = "/kernel";

  private final TensorFile file;
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Map<String, String> metadata;

  private TorchNames(TensorFile file, Optional<TorchHead> head, Map<String, String> backbone) {
    this.file = file;
    this.metadata = new HashMap<>(file.metadata());
    head.ifPresent(
        found -> metadata.putIfAbsent(ModelMetadata.PROFILE, found.system().profile().name()));
    if (!backbone.isEmpty()) {
      metadata.putIfAbsent(
          ModelMetadata.PREPROCESSING, ModelMetadata.text(Preprocessing.torchvision()));
    }
    backbone.forEach(this::add);
    head.ifPresent(found -> found.layers().forEach(this::add));
  }

  private void add(String layer, String name) {
    names.put(layer + KERNEL, name + ".weight");
    names.put(layer + "/bias", name + ".bias");
  }

  /**
   * The file under the engine's names, or the file itself where it has those or no known ones.
   *
   * @throws ModelMismatchException if it has a known system's head that the engine does not compute
   */
  static TensorFile of(TensorFile file) {
    if (file.shapes().containsKey(RpnHead.CONVOLUTION + KERNEL)) {
      return file;
    }
    Optional<TorchHead> head = TorchHead.find(file);
    Map<String, String> backbone = TorchVgg16.layers(file);
    return head.isEmpty() && backbone.isEmpty() ? file : new TorchNames(file, head, backbone);
  }

  /** Tensors that stand beside: other backbones, other stages. */
  int others() {
    return file.shapes().size() - names.size();
  }

  @Override
  public Place place() {
    return file.place();
  }

  @Override
  public String format() {
    return file.format();
  }

  @Override
  public String type(String name) {
    return file.type(original(name));
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Map<String, List<Integer>> shapes() {
    Map<String, List<Integer>> originals = file.shapes();
    var shapes = new LinkedHashMap<String, List<Integer>>();
    names.forEach((name, original) -> {
      List<Integer> shape = originals.getOrDefault(original, List.of());
      shapes.put(name, name.endsWith(KERNEL) ? turned(shape) : shape);
    });
    return shapes;
  }

  private static List<Integer> turned(List<Integer> shape) {
    return shape.size() == 2
        ? List.of(1, 1, shape.get(1), shape.get(0))
        : List.of(shape.get(2), shape.get(3), shape.get(1), shape.get(0));
  }

  private String original(String name) {
    String original = names.get(name);
    if (original == null) {
      throw new IllegalArgumentException("no tensor '" + name + "'");
    }
    return original;
  }

  @Override
  public Tensor read(String name) throws IOException {
    Tensor tensor = file.read(original(name));
    if (!name.endsWith(KERNEL)) {
      return tensor;
    }
    int[] sides = tensor.shape();
    int outputs = sides[0];
    int inputs = sides[1];
    int window = sides.length == 2 ? 1 : sides[2] * sides[3];
    List<Integer> shape =
        sides.length == 2 ? List.of(outputs, inputs) : List.of(outputs, inputs, sides[2], sides[3]);
    Tensor kernel = TensorFile.allocate(place().tensor(original(name)), turned(shape));
    MemorySegment from = tensor.data();
    MemorySegment to = kernel.data();
    long next = 0;
    for (int at = 0; at < window; at++) {
      for (int in = 0; in < inputs; in++) {
        for (int out = 0; out < outputs; out++) {
          long index = ((long) out * inputs + in) * window + at;
          to.setAtIndex(
              ValueLayout.JAVA_FLOAT, next++, from.getAtIndex(ValueLayout.JAVA_FLOAT, index));
        }
      }
    }
    return kernel;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
