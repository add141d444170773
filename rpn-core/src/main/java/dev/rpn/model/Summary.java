package dev.rpn.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Keras's table of a network's layers: what {@code model.summary()} shows the seed's users. */
final class Summary {
  private static final List<String> HEADER =
      List.of("Layer (type)", "Output Shape", "Param #", "Connected to");

  private Summary() {}

  static String of(Architecture architecture) {
    var rows = new ArrayList<List<String>>();
    RpnHead head = architecture.head();
    int inputs = architecture.backbone().isPresent() ? Backbone.PICTURE_CHANNELS : head.channels();
    String last = "input";
    rows.add(row(last, "InputLayer", inputs, 0, "-"));
    int channels = inputs;
    for (Layer layer : architecture.backbone().map(Backbone::layers).orElse(List.of())) {
      channels = layer.outputs(channels);
      String type = layer instanceof Conv3x3 ? "Conv2D" : "MaxPooling2D";
      rows.add(row(layer.name(), type, channels, parameters(layer.weights()), last));
      last = layer.name();
    }
    List<TensorSpec> weights = head.weights();
    rows.add(row(RpnHead.CONVOLUTION, "Conv2D", head.channels(), parameters(weights, 0), last));
    rows.add(
        row(
            RpnHead.CLASSIFICATION,
            "Conv2D",
            head.anchors(),
            parameters(weights, 2),
            RpnHead.CONVOLUTION));
    rows.add(
        row(
            RpnHead.LOCATION,
            "Conv2D",
            4 * head.anchors(),
            parameters(weights, 4),
            RpnHead.CONVOLUTION));

    String total = count(architecture.parameters());
    return table(rows)
        + " Total params: "
        + total
        + "\n"
        + " Trainable params: "
        + total
        + "\n"
        + " Non-trainable params: "
        + count(0)
        + "\n";
  }

  private static List<String> row(
      String name, String type, int channels, long parameters, String connected) {
    return List.of(
        name + " (" + type + ")",
        "(None, None, None, " + channels + ")",
        String.format(Locale.ROOT, "%,d", parameters),
        connected);
  }

  private static long parameters(List<TensorSpec> weights) {
    return weights.stream().mapToLong(TensorSpec::size).sum();
  }

  /** Kernel and bias that begin at an index. */
  private static long parameters(List<TensorSpec> weights, int first) {
    return parameters(weights.subList(first, first + 2));
  }

  private static String count(long parameters) {
    double bytes = 4.0 * parameters;
    String size =
        bytes < 1024
            ? String.format(Locale.ROOT, "%.2f B", bytes)
            : bytes < 1024 * 1024
                ? String.format(Locale.ROOT, "%.2f KB", bytes / 1024)
                : String.format(Locale.ROOT, "%.2f MB", bytes / 1024 / 1024);
    return String.format(Locale.ROOT, "%,d (%s)", parameters, size);
  }

  private static String table(List<List<String>> rows) {
    int[] widths = new int[HEADER.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = HEADER.get(column).length();
      for (List<String> row : rows) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    var text = new StringBuilder();
    rule(text, widths, "┏", "━", "┳", "┓");
    line(text, widths, HEADER, "┃");
    rule(text, widths, "┡", "━", "╇", "┩");
    for (int i = 0; i < rows.size(); i++) {
      if (i > 0) {
        rule(text, widths, "├", "─", "┼", "┤");
      }
      line(text, widths, rows.get(i), "│");
    }
    rule(text, widths, "└", "─", "┴", "┘");
    return text.toString();
  }

  private static void rule(
      StringBuilder text, int[] widths, String left, String fill, String between, String right) {
    text.append(left);
    for (int column = 0; column < widths.length; column++) {
      text.append(column == 0 ? "" : between).append(fill.repeat(widths[column] + 2));
    }
    text.append(right).append('\n');
  }

  private static void line(StringBuilder text, int[] widths, List<String> row, String bar) {
    for (int column = 0; column < widths.length; column++) {
      String padding = " ".repeat(widths[column] - row.get(column).length());
      boolean number = column == 2;
      text.append(bar)
          .append(' ')
          .append(number ? padding : "")
          .append(row.get(column))
          .append(number ? "" : padding)
          .append(' ');
    }
    text.append(bar).append('\n');
  }
}
