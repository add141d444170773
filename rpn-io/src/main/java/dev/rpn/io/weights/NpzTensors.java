package dev.rpn.io.weights;

import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arrays of a {@code .npz} as tensors; only floating-point ones are weights. */
final class NpzTensors implements TensorFile {
  private final Place place;
  private final NpzFile npz;
  private final Map<String, List<Integer>> shapes = new LinkedHashMap<>();

  private NpzTensors(Place place, NpzFile npz) {
    this.place = place;
    this.npz = npz;
    npz.headers().forEach((name, header) -> shapes.put(name, header.shape()));
  }

  static NpzTensors open(Path file) throws IOException {
    return new NpzTensors(Place.of(file), NpzFile.open(file));
  }

  @Override
  public Place place() {
    return place;
  }

  @Override
  public String format() {
    return "npz";
  }

  @Override
  public String type(String name) {
    NpyHeader header = npz.headers().get(name);
    return header == null ? "" : header.type().descriptor();
  }

  @Override
  public Map<String, List<Integer>> shapes() {
    return shapes;
  }

  @Override
  public Tensor read(String name) throws IOException {
    NpyArray array = npz.array(name);
    switch (array.type()) {
      case FLOAT16, FLOAT32, FLOAT64 -> {}
      default ->
          throw place
              .tensor(name)
              .unsupported("type " + array.type() + " is not read as a weight: expected floats");
    }
    try {
      return array.toTensor();
    } catch (OutOfMemoryError e) {
      throw place.tensor(name).memory(4L * array.size(), e);
    }
  }

  @Override
  public void close() throws IOException {
    npz.close();
  }
}
