package dev.rpn.cli;

import dev.rpn.anchor.Size;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Stored feature maps, and which pictures they were made of. */
final class FeatureOptions {
  /** The order of an array's axes. */
  enum Layout {
    NHWC,
    NCHW;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--features",
      paramLabel = "F.npz",
      description =
          "Feature maps in place of pictures, for a model without backbone: arrays feature/0,"
              + " feature/1, ..., one a level, each of shape (N, H, W, C).")
  private @Nullable Path file;

  @Option(
      names = "--image-size",
      paramLabel = "HxW",
      split = ",",
      converter = ImageSize.class,
      description =
          "Height and width in pixels of the pictures that the features were made of, without"
              + " padding: one for all, or one for each of the N, separated by commas. Boxes are"
              + " clipped to it.")
  private @Nullable List<Size> sizes;

  @Option(
      names = "--padded-size",
      paramLabel = "HxW",
      converter = ImageSize.class,
      description =
          "What the pictures were padded to: in the profile torchvision it decides the anchors'"
              + " strides. Without it: the largest height and width of --image-size.")
  private @Nullable Size padded;

  @Option(
      names = "--layout",
      paramLabel = "ORDER",
      description =
          "Order of the arrays' axes: nhwc (channels last) or nchw (as torch has it). Without it:"
              + " nhwc.")
  private @Nullable Layout layout;

  /** Where they are; null for none. */
  @Nullable Path file() {
    return file;
  }

  Layout layout() {
    return layout == null ? Layout.NHWC : layout;
  }

  /** Complains of options that don't go together. */
  void check() {
    if (file == null && (sizes != null || padded != null || layout != null)) {
      throw wrong("--image-size, --padded-size and --layout expect --features");
    }
    if (file != null && sizes == null) {
      throw wrong("--features expects --image-size HxW");
    }
    for (Size size : sizes == null ? List.<Size>of() : sizes) {
      if (padded != null && (size.height() > padded.height() || size.width() > padded.width())) {
        throw wrong(
            "--padded-size: expected at least the picture's "
                + ImageSize.text(size)
                + ", got "
                + ImageSize.text(padded));
      }
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  /**
   * The size of each picture of a batch.
   *
   * @throws IllegalArgumentException if there are neither one nor as many as pictures
   */
  List<Size> pictures(int batch) {
    List<Size> given = sizes == null ? List.of() : sizes;
    if (given.size() == 1) {
      return Collections.nCopies(batch, given.get(0));
    }
    if (given.size() != batch) {
      throw new IllegalArgumentException(
          "--image-size: expected one size, or "
              + batch
              + ": one for each picture of "
              + file
              + ", got "
              + given.size());
    }
    return given;
  }

  /** The size of all pictures with their padding. */
  Size padded(List<Size> pictures) {
    if (padded != null) {
      return padded;
    }
    return new Size(
        pictures.stream().mapToInt(Size::height).max().orElseThrow(),
        pictures.stream().mapToInt(Size::width).max().orElseThrow());
  }
}
