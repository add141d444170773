package dev.rpn.io.weights;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.model.Architecture;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.Preprocessing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a weight file holds, told from names, shapes and metadata; no value is read.
 *
 * @param format what the file is
 * @param tensors all of it, under the file's own names; of an ONNX graph only the network's, under
 *     the engine's names
 * @param network the proposal network in it, if there is one
 * @param verdict why it is one, or why not
 * @param others tensors that are no part of the network; 0 without one
 * @param profile whose conventions the weights were trained under, if anything tells
 * @param profileReason what tells, or why nothing does
 * @param model whether the file is a model, complete with anchors, profile and preprocessing
 * @param anchors of a model
 * @param preprocessing of a model, or what the names of a backbone reveal
 */
public record WeightSummary(
    String format,
    List<Entry> tensors,
    Optional<Architecture> network,
    String verdict,
    int others,
    Optional<Profile> profile,
    String profileReason,
    boolean model,
    Optional<AnchorRecipe> anchors,
    Optional<Preprocessing> preprocessing) {
  /**
   * One tensor.
   *
   * @param name as the file has it; not fit for a terminal before it is quoted
   * @param type how values are stored, such as F32; empty where the format does not tell
   * @param shape its sides, in the file's layout
   */
  public record Entry(String name, String type, List<Integer> shape) {
    /** The number of values. */
    public long size() {
      return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    }
  }

  /** Copies the list. */
  public WeightSummary {
    tensors = List.copyOf(tensors);
  }

  /**
   * Looks into a file.
   *
   * @throws WeightFormatException if it is no file of weights, and says what it seems to be
   */
  public static WeightSummary of(Path file) throws IOException {
    try (TensorFile open = WeightFormat.open(file)) {
      TensorFile named = open;
      Optional<Architecture> network = Optional.empty();
      String verdict;
      try {
        named = TorchNames.of(open);
        network = Optional.of(ModelMetadata.architecture(named));
        ArchitectureGuess.check(network.get().weights(), named);
        verdict =
            switch (named) {
              case TorchNames torch -> "it has the layers of " + profileName(torch);
              case OnnxFile graph ->
                  "it computes a 3x3 convolution, Relu, and on it 1x1 ones of k and 4k outputs";
              default -> "it has the layers 3x3, classification and location";
            };
      } catch (ModelMismatchException e) {
        network = Optional.empty();
        verdict = reason(open, named, e);
      }
      boolean model = open.metadata().containsKey(ModelMetadata.FORMAT);
      boolean stated = named.metadata().containsKey(ModelMetadata.PROFILE);
      return new WeightSummary(
          open.format(),
          entries(open),
          network,
          verdict,
          network.isPresent() && named instanceof TorchNames torch ? torch.others() : 0,
          stated ? Optional.of(ModelMetadata.profile(named)) : Optional.empty(),
          profileReason(open, named),
          model,
          model ? Optional.of(ModelMetadata.anchors(open)) : Optional.empty(),
          named.metadata().containsKey(ModelMetadata.PREPROCESSING)
              ? Optional.of(ModelMetadata.preprocessing(named))
              : Optional.empty());
    }
  }

  private static String profileName(TensorFile named) throws IOException {
    return ModelMetadata.profile(named).name() + "'s head";
  }

  /** The mismatch without the place, which the reader knows. */
  private static String reason(TensorFile open, TensorFile named, ModelMismatchException e) {
    try {
      if (named.shapes().keySet().stream().noneMatch(name -> name.startsWith("3x3/"))
          && ArchitectureGuess.backbone(named).isPresent()) {
        return "it is a backbone without a head";
      }
    } catch (ModelMismatchException broken) {
      // The first reason stands.
    }
    String message = String.valueOf(e.getMessage());
    String place = open.place() + ": ";
    return message.startsWith(place) ? message.substring(place.length()) : message;
  }

  private static String profileReason(TensorFile open, TensorFile named) {
    if (open.metadata().containsKey(ModelMetadata.PROFILE)) {
      return "the file says so";
    }
    if (named.metadata().containsKey(ModelMetadata.PROFILE)) {
      return "its tensors are named as there";
    }
    return open.format().startsWith("Keras")
        ? "nothing in the file tells; if Keras trained it, keras"
        : "nothing in the file tells";
  }

  private static List<Entry> entries(TensorFile open) {
    var entries = new ArrayList<Entry>();
    for (Map.Entry<String, List<Integer>> tensor : open.shapes().entrySet()) {
      entries.add(new Entry(tensor.getKey(), open.type(tensor.getKey()), tensor.getValue()));
    }
    return entries;
  }

  /** The number of values in the file. */
  public long parameters() {
    return tensors.stream().mapToLong(Entry::size).sum();
  }
}
