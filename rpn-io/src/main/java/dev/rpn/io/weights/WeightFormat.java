package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Tells weight files apart by their first bytes; extensions lie. */
final class WeightFormat {
  private static final int START = 9;
  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  private static final byte[] ZIP = {'P', 'K'};

  /**
   * A pickle of protocol 2 of torch's magic number, the whole of it but for the last three bytes.
   */
  private static final byte[] TORCH_LEGACY = {
    (byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9
  };

  private WeightFormat() {}

  /**
   * Opens a file in whatever format it is.
   *
   * @throws WeightFormatException if the format is unknown or the file malformed
   */
  static TensorFile open(Path file) throws IOException {
    Place place = Place.of(file);
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw place.wrong("a file", Files.isDirectory(file) ? "a directory" : "a device");
    }
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(START);
    }
    if (begins(start, HDF5)) {
      return KerasFile.openHdf5(file);
    }
    if (begins(start, ZIP)) {
      return openZip(file);
    }
    if (begins(start, TORCH_LEGACY)) {
      throw place.unsupported(
          "torch's legacy format of before 1.6 is not read: load it with torch and torch.save it again");
    }
    if (begins(start, NpyHeader.MAGIC)) {
      throw place.unsupported("a single numpy array has no layer's name: expected a .npz");
    }
    if (start.length < START) {
      throw place.truncated(START, 0, start.length);
    }
    if (beginsLikeOnnx(start)) {
      return OnnxFile.open(file);
    }
    // Eight bytes of length, then the JSON header.
    if (start[8] == '{') {
      return SafetensorsFile.open(file);
    }
    throw place
        .at(0)
        .wrong(
            "a safetensors, npz, Keras .h5, .weights.h5 or .keras, torch .pt or ONNX file",
            FileKind.of(start) + ": bytes " + HexFormat.ofDelimiter(" ").formatHex(start));
  }

  /** The same, under the engine's names where the tensors have those of a known system. */
  static TensorFile openNetwork(Path file) throws IOException {
    TensorFile open = open(file);
    try {
      return TorchNames.of(open);
    } catch (RuntimeException e) {
      open.close();
      throw e;
    }
  }

  private static TensorFile openZip(Path file) throws IOException {
    List<String> names;
    try (ZipArchive zip = ZipArchive.open(file)) {
      names = zip.names();
    }
    if (names.contains(KerasArchive.WEIGHTS)) {
      return KerasArchive.open(file);
    }
    if (TorchFile.isTorch(names)) {
      return TorchFile.open(file);
    }
    if (!names.isEmpty() && names.stream().noneMatch(name -> name.endsWith(".npy"))) {
      throw Place.of(file)
          .wrong(
              "a .keras archive (with "
                  + KerasArchive.WEIGHTS
                  + "), a torch file (with "
                  + TorchFile.PICKLE
                  + ") or a .npz",
              "a zip of " + Quote.escape(String.join(", ", names)));
    }
    return NpzTensors.open(file);
  }

  /**
   * Protobuf has no magic, but every writer puts the format's version, field 1, first. A
   * safetensors header's length may begin like it, too; its upper half is zero.
   */
  private static boolean beginsLikeOnnx(byte[] start) {
    return start[0] == 1 << 3
        && start[1] > 0
        && start[2] != 0
        && (start[4] | start[5] | start[6] | start[7]) != 0;
  }

  private static boolean begins(byte[] bytes, byte[] magic) {
    return bytes.length >= magic.length
        && Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length);
  }
}
