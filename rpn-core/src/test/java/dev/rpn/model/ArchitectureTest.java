package dev.rpn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.rpn.loss.Losses;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final Architecture SEED = Architecture.of(RpnHead.standard());

  @Test
  void theSeedHas2382893Parameters() {
    assertThat(SEED.parameters()).isEqualTo(2_382_893);
    assertThat(SEED.weights())
        .extracting(TensorSpec::name, TensorSpec::size)
        .containsExactly(
            tuple("3x3/kernel", 2_359_296L),
            tuple("3x3/bias", 512L),
            tuple("classification/kernel", 4_608L),
            tuple("classification/bias", 9L),
            tuple("location/kernel", 18_432L),
            tuple("location/bias", 36L));
  }

  @Test
  void theSummaryIsTheTableThatKerasPrints() {
    assertThat(SEED.summary())
        .isEqualTo(
            """
            ┏━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━┓
            ┃ Layer (type)            ┃ Output Shape            ┃   Param # ┃ Connected to ┃
            ┡━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━━━┩
            │ input (InputLayer)      │ (None, None, None, 512) │         0 │ -            │
            ├─────────────────────────┼─────────────────────────┼───────────┼──────────────┤
            │ 3x3 (Conv2D)            │ (None, None, None, 512) │ 2,359,808 │ input        │
            ├─────────────────────────┼─────────────────────────┼───────────┼──────────────┤
            │ classification (Conv2D) │ (None, None, None, 9)   │     4,617 │ 3x3          │
            ├─────────────────────────┼─────────────────────────┼───────────┼──────────────┤
            │ location (Conv2D)       │ (None, None, None, 36)  │    18,468 │ 3x3          │
            └─────────────────────────┴─────────────────────────┴───────────┴──────────────┘
             Total params: 2,382,893 (9.09 MB)
             Trainable params: 2,382,893 (9.09 MB)
             Non-trainable params: 0 (0.00 B)
            """);
  }

  @Test
  void vgg16HasThirteenConvolutionsUnderKerasNamesAndStride16() {
    Backbone vgg = Backbone.vgg16();
    assertThat(vgg.layers().stream().filter(Conv3x3.class::isInstance).map(Layer::name))
        .hasSize(13)
        .startsWith("block1_conv1", "block1_conv2", "block2_conv1")
        .endsWith("block5_conv1", "block5_conv2", "block5_conv3");
    assertThat(vgg.stride()).isEqualTo(16);
    // Keras's VGG16(include_top=False).
    Architecture whole = Architecture.of(vgg, RpnHead.standard());
    assertThat(whole.parameters()).isEqualTo(14_714_688 + 2_382_893);
    assertThat(vgg.featureShape(new MapShape(1, 600, 800, 3)))
        .isEqualTo(new MapShape(1, 37, 50, 512));
    assertThat(whole.summary()).contains("block5_conv3 (Conv2D)", "block4_pool (MaxPooling2D)");
  }

  @Test
  void thinBackbonesEndEarlier() {
    Backbone thin = Backbone.thin(8, 8, 16);
    assertThat(thin.layers().stream().map(Layer::name))
        .containsExactly("block1_conv1", "block1_conv2", "block1_pool", "block2_conv1");
    assertThat(thin.stride()).isEqualTo(2);
    assertThatThrownBy(() -> Backbone.thin())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("backbone: expected 1 to 13 widths, got 0");
  }

  @Test
  void refusesPartsThatDoNotFit() {
    assertThatThrownBy(() -> Architecture.of(Backbone.thin(8), new RpnHead(9, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("head: channels: expected the backbone's 8, got 9");
    assertThatThrownBy(() -> new RpnHead(0, 9)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Backbone.thin(8).featureShape(new MapShape(1, 9, 9, 4)))
        .hasMessage("picture: channels: expected 3, got 4");
    assertThatThrownBy(() -> Backbone.vgg16().featureShape(new MapShape(1, 15, 99, 3)))
        .hasMessage("picture: expected at least 16 x 16 pixels, got 99 x 15");
  }

  @Test
  void weightsMustBeExactlyTheArchitectures() {
    Architecture small = Architecture.of(new RpnHead(2, 1));
    Map<String, Tensor> tensors =
        new LinkedHashMap<>(Network.initialized(small, 1).weights().asMap());
    tensors.put("3x3/bias", Tensor.zeros(3));
    assertThatThrownBy(() -> Weights.of(small, tensors))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessage("tensor '3x3/bias': expected shape [2], got [3]");
    tensors.put("3x3/bias", Tensor.zeros(2));
    tensors.put("extra", Tensor.zeros(1));
    assertThatThrownBy(() -> Weights.of(small, tensors))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageStartingWith("unknown tensor 'extra'");
    tensors.remove("extra");
    tensors.remove("location/bias");
    assertThatThrownBy(() -> Weights.of(small, tensors))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessage("missing tensor 'location/bias' of shape [4]");
  }

  @Test
  void freshWeightsHaveKerasLimitsAndDependOnTheSeedAlone() {
    Weights weights = Network.initialized(SEED, 7).weights();
    assertLimit(weights.kernel("3x3"), 0.0255155);
    assertLimit(weights.kernel("location"), 0.1046370);
    assertLimit(weights.kernel("classification"), 0.1073141);
    assertThat(weights.bias("3x3").toArray()).containsOnly(0f);
    assertThat(Network.initialized(SEED, 7).weights()).isEqualTo(weights);
    assertThat(Network.initialized(SEED, 8).weights()).isNotEqualTo(weights);
  }

  @Test
  void aFreshHeadBehindABackboneHasFasterRcnnsDeviation() {
    Weights weights =
        Network.initialized(Architecture.of(Backbone.thin(16, 128), new RpnHead(128, 9)), 3)
            .weights();
    assertDeviation(weights.kernel("3x3"), 0.01);
    assertDeviation(weights.kernel("location"), 0.01);
    assertDeviation(weights.kernel("block1_conv2"), Math.sqrt(2 / (9 * 16.0)));
  }

  /** Within 5 %: some 4,600 values at least. */
  private static void assertDeviation(Tensor tensor, double expected) {
    double sum = 0;
    for (float value : tensor.toArray()) {
      sum += (double) value * value;
    }
    assertThat(Math.sqrt(sum / tensor.size())).isCloseTo(expected, withinPercentage(5));
  }

  private static void assertLimit(Tensor tensor, double limit) {
    double largest = 0;
    for (float value : tensor.toArray()) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).isLessThanOrEqualTo(limit + 1e-7).isGreaterThan(0.99 * limit);
  }

  @Test
  void compilingNamesTheOutputsThatExist() {
    Network network = Network.initialized(Architecture.of(new RpnHead(2, 1)), 1);
    assertThatThrownBy(() ->
            network.compile(Optimizer.Adam.keras(), Map.of("regression", Losses.named("mse"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "losses: no output layer 'regression': expected one of [classification, location]");
    assertThatThrownBy(() -> network.compile(Optimizer.Adam.keras(), Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void mapShapesRefuseMoreThanAnIntCounts() {
    assertThatThrownBy(() -> new MapShape(1, 0, 5, 3))
        .hasMessage("map shape: expected every side to be at least 1, got (1, 0, 5, 3)");
    int large = 1 << 20;
    assertThatThrownBy(() -> new MapShape(large, large, large, large))
        .hasMessageContaining("at most 2147483647 values");
    assertThatThrownBy(() -> new MapShape(1, 1 << 16, 1 << 16, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
