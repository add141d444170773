package dev.rpn.io.weights;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.io.Quote;
import dev.rpn.model.Architecture;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The native model file: a safetensors file that any reader of the format opens, whose metadata
 * holds a format version, the architecture, the anchors' recipe, the profile's name and the
 * preprocessing.
 */
public final class ModelFile {
  private ModelFile() {}

  /**
   * Whether a file of weights is a model, too; only its header is read.
   *
   * @throws WeightFormatException if it is no file of weights
   */
  public static boolean isModel(Path file) throws IOException {
    try (TensorFile open = WeightFormat.open(file)) {
      return open.metadata().containsKey(ModelMetadata.FORMAT);
    }
  }

  /**
   * Reads a model.
   *
   * @throws WeightFormatException if the file is malformed, or holds weights but no model
   * @throws ModelMismatchException if its tensors are not those of its architecture
   */
  public static ProposalModel read(Path file) throws IOException {
    try (TensorFile open = WeightFormat.open(file)) {
      String version = open.metadata().get(ModelMetadata.FORMAT);
      if (version == null) {
        throw open.place()
            .wrong(
                "a model file",
                "weights without anchors, profile and preprocessing;"
                    + " make a model of them with: rpn convert --head FILE [--backbone FILE] OUT");
      }
      if (!version.equals(ModelMetadata.VERSION)) {
        throw open.place()
            .unsupported(
                "model format version "
                    + Quote.of(version)
                    + " is not read: expected '"
                    + ModelMetadata.VERSION
                    + "'");
      }
      Architecture architecture = ModelMetadata.architecture(open);
      AnchorRecipe anchors = ModelMetadata.anchors(open);
      Preprocessing preprocessing = ModelMetadata.preprocessing(open);
      Profile profile = ModelMetadata.profile(open);
      return new ProposalModel(
          WeightFiles.network(open, architecture), anchors, profile, preprocessing);
    }
  }

  /**
   * Writes a model, replacing the file as a whole.
   *
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void write(Path file, ProposalModel model) throws IOException {
    Safetensors.write(file, model.network().weights().asMap(), ModelMetadata.write(model));
  }
}
