package dev.rpn.io.weights;

import dev.rpn.io.AtomicFile;
import dev.rpn.io.Quote;
import dev.rpn.model.Network;
import dev.rpn.model.Tensor;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a {@code .weights.h5} that Keras loads: {@code layers/conv2d_N/vars/{0,1}} with the
 * layer's name on {@code vars}. Layers without weights have no group; Keras does not miss them.
 */
final class KerasWeightsWriter {
  private KerasWeightsWriter() {}

  /** Writes the file, and reads it back before it takes the old one's place. */
  static void write(Path file, Network network) throws IOException {
    Map<String, Tensor> tensors = network.weights().asMap();
    AtomicFile.writeFile(
        file,
        temporary -> {
          try (WritableHdfFile hdf5 = HdfFile.write(temporary)) {
            write(hdf5.putGroup("layers"), tensors);
          } catch (RuntimeException e) {
            throw new IOException(Quote.escape(file.toString()) + ": cannot be written", e);
          }
          try (TensorFile written = KerasFile.openHdf5(temporary)) {
            if (!written.readAll(NonFinite.ALLOW).equals(tensors)) {
              throw new IOException(
                  Quote.escape(file.toString()) + ": what was written does not read back the same");
            }
          }
        });
  }

  private static void write(WritableGroup layers, Map<String, Tensor> tensors) {
    int count = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      String name = entry.getKey();
      if (name.endsWith("/kernel")) {
        String layer = name.substring(0, name.length() - "/kernel".length());
        WritableGroup vars =
            layers.putGroup(count == 0 ? "conv2d" : "conv2d_" + count).putGroup("vars");
        vars.putAttribute("name", layer);
        vars.putDataset("0", kernel(entry.getValue()));
        Tensor bias = tensors.get(layer + "/bias");
        if (bias != null) {
          vars.putDataset("1", bias.toArray());
        }
        count++;
      }
    }
  }

  /** The values as nested arrays, from which the writer takes the shape. */
  private static float[][][][] kernel(Tensor tensor) {
    int[] s = tensor.shape();
    var nested = new float[s[0]][s[1]][s[2]][s[3]];
    int index = 0;
    for (float[][][] row : nested) {
      for (float[][] pixel : row) {
        for (float[] input : pixel) {
          for (int output = 0; output < input.length; output++) {
            input[output] = tensor.get(index++);
          }
        }
      }
    }
    return nested;
  }
}
