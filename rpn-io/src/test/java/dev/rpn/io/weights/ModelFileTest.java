package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.Network;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFileTest {
  @TempDir Path directory;

  private static ProposalModel model(Architecture architecture, Preprocessing preprocessing) {
    return new ProposalModel(
        Network.initialized(architecture, 5),
        AnchorRecipe.of(List.of(24f, 48.1f, 96.3f), List.of(0.5f, 1f, 1 / 3f), 8),
        Profile.named("torchvision"),
        preprocessing);
  }

  private static ProposalModel small() {
    return model(
        Architecture.of(Backbone.thin(3, 4, 5), new RpnHead(5, 9)),
        Preprocessing.symmetric(160, 120));
  }

  @Test
  void roundTripsAHeadAlone() throws IOException {
    assertRoundTrip(model(Architecture.of(new RpnHead(7, 9)), Preprocessing.caffe()));
  }

  @Test
  void roundTripsABackboneAndAHead() throws IOException {
    assertRoundTrip(small());
  }

  @Test
  void roundTripsLayersThatNoRuleWouldGuess() throws IOException {
    var backbone =
        new Backbone(
            List.of(new MaxPool2x2("first"), new Conv3x3("a b/ü", 3, 2), new MaxPool2x2("last")));
    assertRoundTrip(
        model(Architecture.of(backbone, new RpnHead(2, 9)), Preprocessing.symmetric(0, 0)));
  }

  @Test
  void roundTripsLevels() throws IOException {
    var recipe =
        new AnchorRecipe(List.of(List.of(32f), List.of(64f)), List.of(.5f, 1f, 2f), List.of());
    for (String profile : Profile.names()) {
      assertRoundTrip(
          new ProposalModel(
              Network.initialized(Architecture.of(new RpnHead(4, 3)), 1),
              recipe,
              Profile.named(profile),
              Preprocessing.caffe()));
    }
  }

  private void assertRoundTrip(ProposalModel model) throws IOException {
    Path file = directory.resolve("model.safetensors");
    ModelFile.write(file, model);
    ProposalModel read = ModelFile.read(file);

    assertThat(read.network()).isEqualTo(model.network());
    assertThat(read.anchors()).isEqualTo(model.anchors());
    assertThat(read.profile().name()).isEqualTo(model.profile().name());
    assertThat(read.preprocessing()).isEqualTo(model.preprocessing());
    assertThat(WeightFiles.readNetwork(file)).isEqualTo(model.network());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rpn.safetensors", "rpn.npz"})
  void saysHowToMakeAModelOfMereWeights(String name) {
    assertThatThrownBy(() -> ModelFile.read(Fixtures.file("keras_c16/" + name)))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("expected a model file, got weights without anchors")
        .hasMessageContaining("rpn convert --head");
  }

  @Test
  void refusesAnotherVersion() {
    assertThatThrownBy(() -> readWith(Map.of("rpn.format", "2")))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining("model format version '2' is not read: expected '1'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "rpn.architecture | {} | an object 'head'",
        "rpn.architecture | [] | expected a JSON object",
        "rpn.architecture | {'head':{'channels':0,'anchors':9}} | expected at least 1 channel",
        "rpn.architecture | {'head':{'channels':1e99999,'anchors':9}} | a whole number 'channels'",
        "rpn.architecture | {'head':{'channels':5,'anchors':9},'backbone':[]} | at least one layer",
        "rpn.architecture | {'head':{'channels':5,'anchors':9},'backbone':[7]} | objects in 'backbone'",
        "rpn.architecture | {'head':{'channels':5,'anchors':9},'backbone':[{'type':'lambda'}]} | a layer of type",
        "rpn.architecture | {'head':{'channels':9,'anchors':9},'backbone':[{'type':'conv3x3','name':'x','inputs':3,'outputs':5}]} | expected the backbone's 5",
        "rpn.anchors | {'sizes':[[0]],'ratios':[1],'strides':[]} | expected a size above 0",
        "rpn.anchors | {'sizes':[[1e999]],'ratios':[1],'strides':[]} | expected a size above 0",
        "rpn.anchors | {'sizes':[['x']],'ratios':[1],'strides':[]} | numbers in 'sizes'",
        "rpn.anchors | {'sizes':1,'ratios':[1],'strides':[]} | an array 'sizes'",
        "rpn.profile | keras2 | expected one of",
        "rpn.preprocessing | {'width':1,'height':1,'order':'XYZ','mean':[0,0,0],'scale':[1,1,1]} | XYZ",
        "rpn.preprocessing | {'width':1.5,'height':1,'order':'RGB','mean':[0,0,0],'scale':[1,1,1]} | a whole number 'width'",
        "rpn.preprocessing | not json | not valid JSON"
      })
  void refusesMetadataOf(String key, String value, String message) {
    assertThatThrownBy(() -> readWith(Map.of(key, value.replace('\'', '"'))))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rpn.anchors", "rpn.profile", "rpn.preprocessing"})
  void refusesMissingMetadata(String key) {
    assertThatThrownBy(
            () -> {
              var metadata = new HashMap<>(ModelMetadata.write(small()));
              metadata.remove(key);
              write(metadata);
            })
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("expected metadata " + key + ", got none");
  }

  @Test
  void refusesWeightsOfAnotherArchitectureBeforeReadingThem() {
    assertThatThrownBy(() ->
            readWith(Map.of("rpn.architecture", "{\"head\":{\"channels\":100000,\"anchors\":9}}")))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("expected shape [3, 3, 100000, 100000], got [3, 3, 5, 5]");
  }

  @Test
  void refusesARecipeForAnotherHead() {
    assertThatThrownBy(() ->
            readWith(Map.of("rpn.anchors", "{\"sizes\":[[1]],\"ratios\":[1],\"strides\":[8]}")))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("the head expects 9");
  }

  /** Reads a good file but for these entries. */
  private void readWith(Map<String, String> changed) throws IOException {
    var metadata = new HashMap<>(ModelMetadata.write(small()));
    metadata.putAll(changed);
    write(metadata);
  }

  private void write(Map<String, String> metadata) throws IOException {
    Path file = directory.resolve("changed.safetensors");
    Safetensors.write(file, small().network().weights().asMap(), metadata);
    ModelFile.read(file);
  }
}
