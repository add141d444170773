package dev.rpn.model;

import java.util.ArrayList;
import java.util.List;

/**
 * What turns a picture into the feature map that the head reads: 3x3 convolutions with ReLU and 2x2
 * max-pools in VGG's arrangement (Simonyan and Zisserman, 2014), layer names as Keras gives them.
 *
 * @param layers in the order of execution, the first reading a picture of three channels
 */
public record Backbone(List<Layer> layers) {
  /** VGG16's convolutions in each of its five blocks. */
  private static final int[] VGG16_BLOCKS = {2, 2, 3, 3, 3};

  /** Channels of a picture. */
  public static final int PICTURE_CHANNELS = 3;

  /**
   * @throws IllegalArgumentException if there is no layer, two share a name or their channels do
   *     not fit
   */
  public Backbone {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("backbone: expected at least one layer, got none");
    }
    if (layers.stream().map(Layer::name).distinct().count() != layers.size()) {
      throw new IllegalArgumentException("backbone: two layers have the same name");
    }
    channels(layers);
  }

  /** VGG16's thirteen convolutions without its last pool: stride 16, 512 channels. */
  public static Backbone vgg16() {
    return thin(64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512);
  }

  /**
   * VGG16's arrangement with other widths: blocks of 2, 2, 3, 3 and 3 convolutions with a pool
   * between two blocks. Fewer widths end earlier: the stride is 2 for each block begun after the
   * first.
   *
   * @param widths channels of each convolution, 1 to 13 of them
   */
  public static Backbone thin(int... widths) {
    if (widths.length < 1 || widths.length > 13) {
      throw new IllegalArgumentException("backbone: expected 1 to 13 widths, got " + widths.length);
    }
    var layers = new ArrayList<Layer>();
    int channels = PICTURE_CHANNELS;
    int next = 0;
    for (int block = 1; next < widths.length; block++) {
      if (block > 1) {
        layers.add(new MaxPool2x2("block" + (block - 1) + "_pool"));
      }
      for (int conv = 1; conv <= VGG16_BLOCKS[block - 1] && next < widths.length; conv++) {
        layers.add(new Conv3x3("block" + block + "_conv" + conv, channels, widths[next]));
        channels = widths[next++];
      }
    }
    return new Backbone(layers);
  }

  /** Channels of the feature map. */
  public int channels() {
    return channels(layers);
  }

  private static int channels(List<Layer> layers) {
    int channels = PICTURE_CHANNELS;
    for (Layer layer : layers) {
      channels = layer.outputs(channels);
    }
    return channels;
  }

  /** Pixels of the picture between two positions of the feature map. */
  public int stride() {
    return 1 << layers.stream().filter(MaxPool2x2.class::isInstance).count();
  }

  /**
   * The feature map's shape for a picture's.
   *
   * @throws IllegalArgumentException if the picture has other than three channels or is smaller
   *     than the stride
   */
  public MapShape featureShape(MapShape picture) {
    if (picture.channels() != PICTURE_CHANNELS) {
      throw new IllegalArgumentException(
          "picture: channels: expected " + PICTURE_CHANNELS + ", got " + picture.channels());
    }
    if (picture.height() < stride() || picture.width() < stride()) {
      throw new IllegalArgumentException(
          "picture: expected at least "
              + stride()
              + " x "
              + stride()
              + " pixels, got "
              + picture.width()
              + " x "
              + picture.height());
    }
    // Halving with the odd pixel dropped, again and again, is one division rounded down.
    return new MapShape(
        picture.batch(), picture.height() / stride(), picture.width() / stride(), channels());
  }
}
