package dev.rpn.cli;

import dev.rpn.anchor.Size;
import dev.rpn.engine.Proposal;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import tools.jackson.core.JsonGenerator;

/**
 * What was found in one picture.
 *
 * @param file the picture, or the feature maps of a batch
 * @param picture which of the batch; absent where the file is a picture
 * @param size of the picture
 * @param proposals best first, in its pixels
 * @param dropped anchors left out as not finite
 */
record Found(String file, OptionalInt picture, Size size, List<Proposal> proposals, int dropped) {
  void write(JsonGenerator json) {
    json.writeStartObject();
    json.writeStringProperty("file", file);
    if (picture.isPresent()) {
      json.writeNumberProperty("picture", picture.getAsInt());
    }
    json.writeNumberProperty("width", size.width());
    json.writeNumberProperty("height", size.height());
    if (picture.isPresent()) {
      json.writeNumberProperty("dropped", dropped);
    }
    json.writeArrayPropertyStart("proposals");
    for (Proposal proposal : proposals) {
      json.writeStartObject();
      json.writeArrayPropertyStart("box");
      json.writeNumber(proposal.box().x1());
      json.writeNumber(proposal.box().y1());
      json.writeNumber(proposal.box().x2());
      json.writeNumber(proposal.box().y2());
      json.writeEndArray();
      json.writeNumberProperty("score", proposal.score());
      if (picture.isPresent()) {
        json.writeNumberProperty("level", proposal.level());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** One line for people. */
  @Override
  public String toString() {
    var line = new StringBuilder(file);
    picture.ifPresent(index -> line.append(", picture ").append(index));
    line.append(
        String.format(
            Locale.ROOT, ": %d x %d, %d proposals", size.width(), size.height(), proposals.size()));
    if (!proposals.isEmpty()) {
      Proposal best = proposals.get(0);
      line.append(
          String.format(
              Locale.ROOT,
              ", the best %.3f at (%.0f, %.0f, %.0f, %.0f)",
              best.score(),
              best.box().x1(),
              best.box().y1(),
              best.box().x2(),
              best.box().y2()));
    }
    if (dropped > 0) {
      line.append(", ").append(dropped).append(" anchors left out as NaN or infinite");
    }
    return line.toString();
  }
}
