package dev.rpn.cli;

import dev.rpn.cli.FeatureOptions.Layout;
import dev.rpn.engine.FeatureMap;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import dev.rpn.model.MapShape;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Feature maps of a batch of pictures, one array a level.
 *
 * @param levels each {@code (N, H, W, C)}, of one N and C
 */
record StoredFeatures(List<Tensor> levels) {
  private static final String PREFIX = "feature/";

  /**
   * Reads the levels that a model has anchors for.
   *
   * @throws IOException if the file can't be read or is no npz archive
   * @throws IllegalArgumentException if a level is missing, too many or of a shape that does not
   *     fit
   */
  static StoredFeatures read(Path file, Layout layout, ProposalModel model) throws IOException {
    int expected = model.anchors().levels();
    var arrays = new HashMap<>(Npz.read(file, name -> name.startsWith(PREFIX)));
    var levels = new ArrayList<Tensor>();
    for (int level = 0; level < expected; level++) {
      String name = PREFIX + level;
      NpyArray array = arrays.remove(name);
      if (array == null) {
        throw new IllegalArgumentException(
            file + ": expected " + names(expected) + ", got no array '" + name + "'");
      }
      int batch = levels.isEmpty() ? -1 : levels.get(0).shape()[0];
      levels.add(
          level(
              file + ": " + name,
              array,
              layout,
              model.network().architecture().head().channels(),
              batch));
    }
    checkNoMore(file, arrays, expected);
    return new StoredFeatures(levels);
  }

  private static String names(int levels) {
    return levels == 1
        ? "'feature/0', as the model has one level of anchors"
        : "'feature/0' to 'feature/"
            + (levels - 1)
            + "', as the model has "
            + levels
            + " levels of anchors";
  }

  private static void checkNoMore(Path file, Map<String, NpyArray> left, int levels) {
    if (!left.isEmpty()) {
      throw new IllegalArgumentException(
          file
              + ": expected only "
              + names(levels)
              + ", got "
              + left.keySet().stream().sorted().toList());
    }
  }

  /**
   * @param batch its number of pictures; below 0 for any
   */
  private static Tensor level(
      String place, NpyArray array, Layout layout, int channels, int batch) {
    int[] shape = array.shape();
    if (shape.length != 4 || shape[channelAxis(layout)] != channels) {
      Layout other = layout == Layout.NHWC ? Layout.NCHW : Layout.NHWC;
      boolean turned = shape.length == 4 && shape[channelAxis(other)] == channels;
      throw new IllegalArgumentException(
          place
              + ": expected shape "
              + (layout == Layout.NHWC
                  ? "(N, H, W, " + channels + ")"
                  : "(N, " + channels + ", H, W)")
              + ", got "
              + Arrays.toString(shape)
              + (turned ? ", which --layout " + other + " takes" : ""));
    }
    if (batch >= 0 && shape[0] != batch) {
      throw new IllegalArgumentException(
          place + ": expected " + batch + " pictures, as feature/0 has, got " + shape[0]);
    }
    for (int side : shape) {
      if (side < 1) {
        throw new IllegalArgumentException(
            place + ": expected every side to be at least 1, got " + Arrays.toString(shape));
      }
    }
    Tensor values = array.toTensor();
    return layout == Layout.NHWC ? values : channelsLast(values);
  }

  private static int channelAxis(Layout layout) {
    return layout == Layout.NHWC ? 3 : 1;
  }

  private static Tensor channelsLast(Tensor nchw) {
    int[] shape = nchw.shape();
    Tensor nhwc = Tensor.zeros(shape[0], shape[2], shape[3], shape[1]);
    MemorySegment from = nchw.data();
    MemorySegment to = nhwc.data();
    int plane = shape[2] * shape[3];
    int channels = shape[1];
    for (int picture = 0; picture < shape[0]; picture++) {
      long first = (long) picture * channels * plane;
      for (int channel = 0; channel < channels; channel++) {
        for (int position = 0; position < plane; position++) {
          float value =
              from.getAtIndex(ValueLayout.JAVA_FLOAT, first + (long) channel * plane + position);
          to.setAtIndex(
              ValueLayout.JAVA_FLOAT, first + (long) position * channels + channel, value);
        }
      }
    }
    return nhwc;
  }

  /** Number of pictures. */
  int pictures() {
    return levels.get(0).shape()[0];
  }

  /** Shape of each level of one picture. */
  MapShape[] shapes() {
    return levels.stream().map(StoredFeatures::shape).toArray(MapShape[]::new);
  }

  private static MapShape shape(Tensor level) {
    int[] sides = level.shape();
    return new MapShape(1, sides[1], sides[2], sides[3]);
  }

  /** Every level of one picture; a view. */
  List<FeatureMap> of(int picture) {
    var maps = new ArrayList<FeatureMap>();
    for (Tensor level : levels) {
      MapShape shape = shape(level);
      maps.add(new FeatureMap(shape, level.data().asSlice(picture * shape.bytes(), shape.bytes())));
    }
    return maps;
  }
}
