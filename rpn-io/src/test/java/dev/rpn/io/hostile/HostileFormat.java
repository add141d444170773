package dev.rpn.io.hostile;

import dev.rpn.io.data.AnnotationFormatException;
import dev.rpn.io.picture.Picture;
import dev.rpn.io.picture.PictureFormatException;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.io.weights.NonFinite;
import dev.rpn.io.weights.Npy;
import dev.rpn.io.weights.Npz;
import dev.rpn.io.weights.WeightFiles;
import dev.rpn.io.weights.WeightFormatException;
import dev.rpn.model.ModelMismatchException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A kind of file that is read, for the tests that break good ones. A new format is one line of
 * {@link #ALL}.
 *
 * @param name for messages
 * @param reader reads a file as users do
 * @param refusals all that the reader may throw
 * @param seeds resources that it reads, to make broken files of
 */
public record HostileFormat(
    String name, Reader reader, List<Class<? extends Exception>> refusals, List<String> seeds) {

  /** Reads a file to its end. */
  @FunctionalInterface
  public interface Reader {
    void read(Path file) throws IOException;
  }

  public static final List<HostileFormat> ALL =
      List.of(
          weights("safetensors", "keras_c16/rpn.safetensors", "safetensors/floats.safetensors"),
          weights("npz", "keras_c16/rpn.npz", "numpy/deflated.npz", "numpy/stored.npz"),
          weights("h5", "keras_c16/rpn.h5", "keras/keras2_weights.h5", "keras/keras2_nested.h5"),
          weights(
              "weights.h5",
              "keras_c16/rpn.weights.h5",
              "keras/latest.weights.h5",
              "keras/big_f4.weights.h5",
              "keras/nameless.weights.h5"),
          weights("keras", "keras_c16/rpn.keras"),
          weights("torch", "torch/strided.pt", "torch/vgg.pt"),
          weights("onnx", "onnx/raw.onnx", "onnx/nhwc.onnx", "onnx/float16_typed.onnx"),
          new HostileFormat(
              "npy",
              Npy::read,
              List.of(WeightFormatException.class),
              List.of("numpy/version2.npy", "numpy/fortran.npy", "numpy/big_f8.npy")),
          new HostileFormat(
              "npz of any type",
              Npz::read,
              List.of(WeightFormatException.class),
              List.of("numpy/stored.npz", "numpy/deflated.npz")),
          new HostileFormat(
              "model",
              ModelFile::read,
              List.of(WeightFormatException.class, ModelMismatchException.class),
              List.of("model/model.safetensors", "model/head.safetensors")),
          new HostileFormat(
              "voc",
              BrokenDataset::readVoc,
              List.of(AnnotationFormatException.class),
              List.of("dev/rpn/io/data/voc/Annotations/one.xml")),
          new HostileFormat(
              "coco",
              BrokenDataset::readCoco,
              List.of(AnnotationFormatException.class),
              List.of("dev/rpn/io/data/coco/annotations/instances_train.json")),
          pictures("jpeg", "baseline420.jpg", "progressive.jpg", "restart.jpg", "grey.jpg"),
          pictures("png", "rgb8.png", "palette4_interlaced.png", "rgb_alpha16.png", "grey1.png"));

  /** Whatever is told apart by its first bytes: as tensors of any name, and as a network. */
  private static HostileFormat weights(String name, String... seeds) {
    return new HostileFormat(
        name,
        file -> {
          WeightFiles.read(file, NonFinite.ALLOW);
          WeightFiles.readNetwork(file);
        },
        List.of(WeightFormatException.class, ModelMismatchException.class),
        List.of(seeds));
  }

  private static HostileFormat pictures(String name, String... seeds) {
    return new HostileFormat(
        name,
        Picture::read,
        List.of(PictureFormatException.class),
        Arrays.stream(seeds).map("dev/rpn/io/picture/format/"::concat).toList());
  }

  /** The format of that name. */
  public static HostileFormat named(String name) {
    return ALL.stream().filter(format -> format.name.equals(name)).findFirst().orElseThrow();
  }

  /** The bytes of the seeds. */
  public List<byte[]> seedBytes() throws IOException {
    var bytes = new ArrayList<byte[]>();
    for (String seed : seeds) {
      try (InputStream in = HostileFormat.class.getResourceAsStream("/" + seed)) {
        if (in == null) {
          throw new AssertionError("no test resource " + seed);
        }
        bytes.add(in.readAllBytes());
      }
    }
    return bytes;
  }

  /**
   * Whether what the reader threw is documented.
   *
   * @param thrown what it threw
   */
  public boolean refuses(Throwable thrown) {
    return refusals.stream().anyMatch(type -> type.isInstance(thrown))
        && String.valueOf(thrown.getMessage()).length() < 2000;
  }

  @Override
  public String toString() {
    return name;
  }
}
