package dev.rpn.io.weights;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a model file says beside its weights, as safetensors metadata: JSON texts by key. */
final class ModelMetadata {
  static final String FORMAT = "rpn.format";
  static final String ARCHITECTURE = "rpn.architecture";
  static final String ANCHORS = "rpn.anchors";
  static final String PROFILE = "rpn.profile";
  static final String PREPROCESSING = "rpn.preprocessing";

  /** Rises when an older reader would misread a file. */
  static final String VERSION = "1";

  private static final String CONVOLUTION_TYPE = "conv3x3";
  private static final String POOL_TYPE = "max_pool2x2";

  private ModelMetadata() {}

  static Map<String, String> write(ProposalModel model) {
    var metadata = new LinkedHashMap<String, String>();
    metadata.put(FORMAT, VERSION);
    metadata.put(ARCHITECTURE, text(model.network().architecture()));
    metadata.put(ANCHORS, text(model.anchors()));
    metadata.put(PROFILE, model.profile().name());
    metadata.put(PREPROCESSING, text(model.preprocessing()));
    return metadata;
  }

  /** What {@link #ARCHITECTURE} holds. */
  static String text(Architecture architecture) {
    ObjectNode root = Json.create();
    if (architecture.backbone().isPresent()) {
      ArrayNode layers = root.putArray("backbone");
      for (Layer layer : architecture.backbone().get().layers()) {
        ObjectNode node = layers.addObject();
        switch (layer) {
          case Conv3x3 conv ->
              node.put("type", CONVOLUTION_TYPE)
                  .put("name", conv.name())
                  .put("inputs", conv.inputs())
                  .put("outputs", conv.outputs());
          case MaxPool2x2 pool -> node.put("type", POOL_TYPE).put("name", pool.name());
        }
      }
    }
    root.putObject("head")
        .put("channels", architecture.head().channels())
        .put("anchors", architecture.head().anchors());
    return Json.text(root);
  }

  private static String text(AnchorRecipe recipe) {
    ObjectNode root = Json.create();
    ArrayNode sizes = root.putArray("sizes");
    recipe.sizes().forEach(level -> level.forEach(sizes.addArray()::add));
    recipe.ratios().forEach(root.putArray("ratios")::add);
    recipe.strides().forEach(root.putArray("strides")::add);
    return Json.text(root);
  }

  static String text(Preprocessing preprocessing) {
    ObjectNode root = Json.create();
    root.put("width", preprocessing.width()).put("height", preprocessing.height());
    root.put("order", preprocessing.order().name());
    preprocessing.mean().forEach(root.putArray("mean")::add);
    preprocessing.scale().forEach(root.putArray("scale")::add);
    return Json.text(root);
  }

  /** The architecture that a file states, or else the one that its shapes fit. */
  static Architecture architecture(TensorFile file) throws IOException {
    if (!file.metadata().containsKey(ARCHITECTURE)) {
      return ArchitectureGuess.of(file);
    }
    JsonFields root = JsonFields.of(file, ARCHITECTURE);
    Optional<Backbone> backbone = Optional.empty();
    if (root.has("backbone")) {
      var layers = new ArrayList<Layer>();
      for (JsonFields layer : root.objects("backbone")) {
        layers.add(layer(layer));
      }
      backbone = Optional.of(root.checked(() -> new Backbone(layers)));
    }
    JsonFields head = root.object("head");
    RpnHead rpn =
        head.checked(() -> new RpnHead(head.integer("channels"), head.integer("anchors")));
    Optional<Backbone> base = backbone;
    return root.checked(() -> new Architecture(base, rpn));
  }

  private static Layer layer(JsonFields node) throws IOException {
    String type = node.text("type");
    return switch (type) {
      case CONVOLUTION_TYPE ->
          node.checked(() ->
              new Conv3x3(node.text("name"), node.integer("inputs"), node.integer("outputs")));
      case POOL_TYPE -> new MaxPool2x2(node.text("name"));
      default -> throw node.wrong("a layer of type conv3x3 or max_pool2x2", type);
    };
  }

  static AnchorRecipe anchors(TensorFile file) throws IOException {
    JsonFields root = JsonFields.of(file, ANCHORS);
    List<List<Float>> sizes = root.floatLists("sizes");
    return root.checked(
        () -> new AnchorRecipe(sizes, root.floats("ratios"), root.integers("strides")));
  }

  /** The profile that a file states. */
  static Profile profile(TensorFile file) throws IOException {
    String name = file.metadata().get(PROFILE);
    if (name == null) {
      throw file.place().wrong("metadata " + PROFILE, "none");
    }
    try {
      return Profile.named(name);
    } catch (IllegalArgumentException e) {
      throw file.place().wrong("metadata " + PROFILE, e);
    }
  }

  static Preprocessing preprocessing(TensorFile file) throws IOException {
    JsonFields root = JsonFields.of(file, PREPROCESSING);
    return root.checked(() ->
        new Preprocessing(
            root.integer("width"),
            root.integer("height"),
            Preprocessing.ChannelOrder.valueOf(root.text("order")),
            root.floats("mean"),
            root.floats("scale")));
  }
}
