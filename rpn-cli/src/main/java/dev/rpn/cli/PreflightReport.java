package dev.rpn.cli;

import dev.rpn.anchor.Box;
import dev.rpn.io.data.Skipped;
import dev.rpn.train.AnchorCoverage;
import dev.rpn.train.Preflight;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/**
 * Tells what the pre-flight of a training found.
 *
 * @param found by the pre-flight
 * @param sizes the anchor sizes it was made with
 * @param stride pixels between two positions
 * @param skipped what the reader of the annotations left out already
 */
record PreflightReport(Preflight found, Numbers sizes, int stride, Skipped skipped) {
  /** Boxes that are named; the rest is counted. */
  private static final int NAMED = 5;

  /** A few lines. */
  void print(PrintWriter out) {
    AnchorCoverage now = found.coverage();
    if (now.truths() == 0) {
      out.println("warning: no picture has a box of some area, so there is nothing to learn");
    } else {
      out.printf(
          Locale.ROOT,
          "anchors %s: %s of the boxes have one at IoU 0.5, %s at 0.7%n",
          sizes,
          percent(now.share50()),
          percent(now.share70()));
      out.printf(
          Locale.ROOT,
          "best IoU of a box: least %.2f, quartiles %.2f %.2f %.2f, largest %.2f, mean %.2f%n",
          now.least(),
          now.lowerQuartile(),
          now.median(),
          now.upperQuartile(),
          now.largest(),
          now.mean());
      AnchorCoverage suggested = found.suggestedCoverage();
      out.printf(
          Locale.ROOT,
          "sizes that fit these boxes: --anchor-sizes %s, with %s at IoU 0.5, %s at 0.7, mean"
              + " %.2f%n",
          Numbers.of(found.suggestedSizes()),
          percent(suggested.share50()),
          percent(suggested.share70()),
          suggested.mean());
    }
    printDegenerate(out);
    if (now.truths() > 0 && now.share50() < 0.5) {
      out.println(warning());
    }
  }

  private String warning() {
    String few =
        "warning: fewer than half of the boxes have an anchor at IoU 0.5, so this training would"
            + " find few of them; ";
    return found.suggestedCoverage().share50() < 0.5
        ? few
            + "no sizes help where positions are "
            + stride
            + " pixels apart: try a larger --size, or fewer --widths, which have fewer pools"
        : few + "try the sizes above";
  }

  private void printDegenerate(PrintWriter out) {
    int count = found.degenerateTruths() + skipped.boxes() + skipped.pictures();
    List<String> lines = degenerate();
    for (String line : lines.subList(0, Math.min(NAMED, lines.size()))) {
      out.println("not learnt: " + line);
    }
    if (count > NAMED) {
      out.println("not learnt: " + (count - NAMED) + " more");
    }
  }

  private List<String> degenerate() {
    var lines = new ArrayList<String>();
    for (Preflight.DegenerateTruth truth : found.degenerate()) {
      Box box = truth.box();
      lines.add(
          String.format(
              Locale.ROOT,
              "%s: box %d, (%s, %s) to (%s, %s), %s",
              truth.picture(),
              truth.truth() + 1,
              box.x1(),
              box.y1(),
              box.x2(),
              box.y2(),
              truth.reason()));
    }
    lines.addAll(skipped.reasons());
    return lines;
  }

  /** Rounded down, so that 100 means all. */
  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f%%", Math.floor(share * 1000) / 10);
  }

  /** The same as JSON, and all that is named. */
  void write(JsonGenerator json) {
    json.writeStartObject();
    json.writeNumberProperty("pictures", found.pictures());
    json.writeNumberProperty("pictures_without_box", found.emptyPictures());
    json.writeNumberProperty("truths", found.coverage().truths());
    write(json, "anchors", sizes.values(), found.coverage());
    write(json, "suggested", found.suggestedSizes(), found.suggestedCoverage());
    json.writeNumberProperty("degenerate", found.degenerateTruths());
    json.writeNumberProperty("left_out_boxes", skipped.boxes());
    json.writeNumberProperty("left_out_pictures", skipped.pictures());
    json.writeArrayPropertyStart("reasons");
    degenerate().forEach(json::writeString);
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(
      JsonGenerator json, String name, List<Float> sizes, AnchorCoverage coverage) {
    json.writeObjectPropertyStart(name);
    json.writeArrayPropertyStart("sizes");
    sizes.forEach(json::writeNumber);
    json.writeEndArray();
    json.writeNumberProperty("share@0.5", coverage.share50());
    json.writeNumberProperty("share@0.7", coverage.share70());
    json.writeNumberProperty("least", coverage.least());
    json.writeNumberProperty("lower_quartile", coverage.lowerQuartile());
    json.writeNumberProperty("median", coverage.median());
    json.writeNumberProperty("upper_quartile", coverage.upperQuartile());
    json.writeNumberProperty("largest", coverage.largest());
    json.writeNumberProperty("mean", coverage.mean());
    json.writeEndObject();
  }
}
