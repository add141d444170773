package dev.rpn.cli;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.io.Quote;
import dev.rpn.io.weights.WeightSummary;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Preprocessing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;

/** Says what a weight file holds. */
@Command(
    name = "inspect",
    description = {
      "Say what is in a weight file: its format and tensors, whether it is a proposal network, and"
          + " whose conventions (profile) it was trained under, with the reason.",
      "",
      "Only names, shapes and metadata are read, and nothing in the file is executed. A file that is"
          + " none of weights is named for what it seems to be, with exit code 1."
    },
    footer = {
      "Examples:",
      "  rpn inspect model.safetensors",
      "  rpn inspect fasterrcnn_resnet50_fpn.pth --all",
      "  rpn inspect rpn.keras --json -"
    })
final class InspectCommand extends Subcommand {
  /** A head and a VGG16 fit. */
  private static final int SHOWN = 32;

  @Parameters(paramLabel = "FILE", description = "Weights in any format that 'rpn convert' reads.")
  private Path file;

  @Option(names = "--all", description = "List every tensor, not only the first " + SHOWN + ".")
  private boolean all;

  @Mixin private JsonOption json;

  @Override
  boolean run() throws Exception {
    WeightSummary summary = WeightSummary.of(file);
    if (!json.isStandardOutput()) {
      print(summary);
    }
    if (json.file() != null) {
      Json.write(json.file(), out(), generator -> write(generator, summary));
    }
    return true;
  }

  private void print(WeightSummary summary) {
    out()
        .printf(
            Locale.ROOT,
            "%s: %s, %,d tensors, %,d values%n",
            file,
            summary.model() ? "model file (" + summary.format() + ")" : summary.format(),
            summary.tensors().size(),
            summary.parameters());
    int shown = all ? summary.tensors().size() : Math.min(SHOWN, summary.tensors().size());
    for (WeightSummary.Entry tensor : summary.tensors().subList(0, shown)) {
      out().printf("  %-40s %-5s %s%n", Quote.escape(tensor.name()), tensor.type(), tensor.shape());
    }
    if (shown < summary.tensors().size()) {
      out().printf(Locale.ROOT, "  and %,d more (--all)%n", summary.tensors().size() - shown);
    }
    if (summary.network().isPresent()) {
      Architecture network = summary.network().get();
      row("proposal network", "yes: " + summary.verdict());
      row("channels", network.head().channels());
      row("anchors (k)", network.head().anchors());
      row("backbone", network.backbone().map(InspectCommand::text).orElse("none"));
      row("parameters", String.format(Locale.ROOT, "%,d", network.parameters()));
      if (summary.others() > 0) {
        row("other tensors", summary.others() + ", not used");
      }
    } else {
      row("proposal network", "no: " + summary.verdict());
    }
    row(
        "profile",
        summary.profile().map(Profile::name).orElse("unknown") + ": " + summary.profileReason());
    summary.anchors().ifPresent(recipe -> row("anchor sizes", recipe.sizes()));
    summary.anchors().ifPresent(recipe -> row("anchor ratios", recipe.ratios()));
    summary.anchors().ifPresent(recipe -> row("strides", recipe.strides()));
    summary.preprocessing().ifPresent(this::print);
  }

  private void print(Preprocessing pictures) {
    String size = pictures.width() == 0 ? "own size" : pictures.width() + "x" + pictures.height();
    row(
        "preprocessing",
        size
            + ", "
            + pictures.order()
            + ", mean "
            + pictures.mean()
            + ", scale "
            + pictures.scale());
  }

  private void row(String name, Object value) {
    out().printf("%-17s %s%n", name, value);
  }

  private static String text(Backbone backbone) {
    return backbone.layers().size() + " layers, stride " + backbone.stride();
  }

  private static void write(JsonGenerator json, WeightSummary summary) throws IOException {
    json.writeStartObject();
    json.writeStringProperty("format", summary.format());
    json.writeNumberProperty("parameters", summary.parameters());
    json.writeArrayPropertyStart("tensors");
    for (WeightSummary.Entry tensor : summary.tensors()) {
      json.writeStartObject();
      json.writeStringProperty("name", tensor.name());
      json.writeStringProperty("type", tensor.type());
      numbers(json, "shape", tensor.shape());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeBooleanProperty("rpn", summary.network().isPresent());
    json.writeStringProperty("reason", summary.verdict());
    if (summary.network().isPresent()) {
      Architecture network = summary.network().get();
      json.writeNumberProperty("channels", network.head().channels());
      json.writeNumberProperty("anchors", network.head().anchors());
      json.writeBooleanProperty("backbone", network.backbone().isPresent());
      json.writeNumberProperty("other_tensors", summary.others());
    }
    json.writeName("profile");
    if (summary.profile().isPresent()) {
      json.writeString(summary.profile().get().name());
    } else {
      json.writeNull();
    }
    json.writeStringProperty("profile_reason", summary.profileReason());
    json.writeBooleanProperty("model", summary.model());
    if (summary.anchors().isPresent()) {
      write(json, summary.anchors().get());
    }
    if (summary.preprocessing().isPresent()) {
      write(json, summary.preprocessing().get());
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, AnchorRecipe recipe) throws IOException {
    json.writeArrayPropertyStart("anchor_sizes");
    for (List<Float> level : recipe.sizes()) {
      json.writeStartArray();
      level.forEach(json::writeNumber);
      json.writeEndArray();
    }
    json.writeEndArray();
    numbers(json, "anchor_ratios", recipe.ratios());
    numbers(json, "strides", recipe.strides());
  }

  private static void write(JsonGenerator json, Preprocessing pictures) throws IOException {
    json.writeObjectPropertyStart("preprocessing");
    json.writeNumberProperty("width", pictures.width());
    json.writeNumberProperty("height", pictures.height());
    json.writeStringProperty("order", pictures.order().name());
    numbers(json, "mean", pictures.mean());
    numbers(json, "scale", pictures.scale());
    json.writeEndObject();
  }

  private static void numbers(JsonGenerator json, String name, List<? extends Number> values)
      throws IOException {
    json.writeArrayPropertyStart(name);
    for (Number value : values) {
      if (value instanceof Integer whole) {
        json.writeNumber(whole);
      } else {
        json.writeNumber(value.floatValue());
      }
    }
    json.writeEndArray();
  }
}
