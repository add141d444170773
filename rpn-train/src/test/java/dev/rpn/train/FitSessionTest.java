package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.rpn.engine.Workers;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import dev.rpn.loss.Losses;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.CompiledNetwork;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import dev.rpn.model.TensorSpec;
import dev.rpn.model.Weights;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FitSessionTest {
  private static final KernelProvider KERNELS = Kernels.named("scalar");
  private final Map<String, NpyArray> golden = Golden.read("fit.npz");

  private FitData data() {
    return new FitData(
        golden.get("x").toTensor(),
        golden.get("classification_target").toTensor(),
        golden.get("location_target").toTensor());
  }

  private static CompiledNetwork seedNetwork() {
    Architecture architecture = Architecture.of(new RpnHead(16, 9));
    Map<String, NpyArray> arrays = Golden.read("head.npz");
    var tensors = new LinkedHashMap<String, Tensor>();
    for (TensorSpec spec : architecture.weights()) {
      tensors.put(spec.name(), arrays.get(spec.name()).toTensor());
    }
    return new Network(architecture, Weights.of(architecture, tensors))
        .compile(
            Adam.keras(),
            Map.of(
                "classification",
                Losses.named("binary_crossentropy"),
                "location",
                Losses.named("mse")));
  }

  @Test
  void fiftyStepsAreKeras() {
    double[] losses = golden.get("losses").toDoubles();
    assertThat(losses).hasSize(50);
    try (Workers workers = new Workers(2);
        FitSession session = new FitSession(seedNetwork(), data(), KERNELS, workers)) {
      for (int i = 0; i < losses.length; i++) {
        session.step();
        assertThat(session.loss())
            .as("loss of step %d", i + 1)
            .isCloseTo(losses[i], within(1e-5 * losses[i]));
      }
      assertThat(session.steps()).isEqualTo(50);
      session
          .network()
          .weights()
          .asMap()
          .forEach((name, tensor) ->
              assertThat(distance(tensor.toArray(), golden.get("final/" + name).toFloats()))
                  .as(name)
                  .isLessThan(1e-4));
    }
  }

  /** Relative L2. */
  private static double distance(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < found.length; i++) {
      difference += Math.pow((double) found[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }

  private Network after(int steps, int threads) {
    try (Workers workers = new Workers(threads);
        FitSession session = new FitSession(seedNetwork(), data(), KERNELS, workers)) {
      for (int i = 0; i < steps; i++) {
        session.step();
      }
      return session.network();
    }
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    Network one = after(3, 1);
    assertThat(after(3, 2).weights()).isEqualTo(one.weights());
    assertThat(after(3, 5).weights()).isEqualTo(one.weights());
  }

  @Test
  void anOutputWithoutALossDoesNotTrain() {
    CompiledNetwork both = seedNetwork();
    CompiledNetwork one =
        both.network().compile(both.optimizer(), Map.of("location", Losses.named("mse")));
    try (Workers workers = new Workers(1);
        FitSession session = new FitSession(one, data(), KERNELS, workers)) {
      session.step();
      assertThat(session.classificationLoss()).isZero();
      assertThat(session.loss()).isEqualTo(session.locationLoss()).isPositive();
      assertThat(session.network().weights().kernel("classification"))
          .isEqualTo(both.network().weights().kernel("classification"));
      assertThat(session.network().weights().kernel("location"))
          .isNotEqualTo(both.network().weights().kernel("location"));
    }
  }

  @Test
  void theStartingWeightsStay() {
    CompiledNetwork compiled = seedNetwork();
    try (Workers workers = new Workers(1);
        FitSession session = new FitSession(compiled, data(), KERNELS, workers)) {
      session.step();
      assertThat(compiled.network().weights()).isEqualTo(seedNetwork().network().weights());
    }
  }

  @Test
  void aStepAllocatesNextToNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Workers workers = new Workers(1);
        FitSession session = new FitSession(seedNetwork(), data(), KERNELS, workers)) {
      for (int i = 0; i < 300; i++) {
        session.step();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100; i++) {
        session.step();
      }
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      // Adam's scalars, and what the scalar kernels take to pack a stage: the same at any size.
      assertThat(bytes / 100).isLessThan(1024);
    }
  }

  @Test
  void aLossThatIsNotFiniteLeavesTheWeights() {
    FitData data = data();
    data.x().set(5, Float.NaN);
    try (Workers workers = new Workers(2);
        FitSession session = new FitSession(seedNetwork(), data, KERNELS, workers)) {
      assertThatThrownBy(session::step)
          .isInstanceOf(TrainingDivergedException.class)
          .hasMessageContaining("at step 1: input is NaN at index 5")
          .hasMessageContaining("there is no checkpoint");
      assertThat(session.network().weights()).isEqualTo(seedNetwork().network().weights());
      assertThat(session.steps()).isZero();
    }
  }

  @Test
  void aGradientThatOverflowsLeavesTheWeights() {
    FitData data = data();
    // The loss is a finite double, but no float.
    data.locationTarget().set(0, -3e38f);
    try (Workers workers = new Workers(2);
        FitSession session = new FitSession(seedNetwork(), data, KERNELS, workers)) {
      assertThatThrownBy(session::step)
          .isInstanceOfSatisfying(
              TrainingDivergedException.class,
              e -> {
                assertThat(e.step()).isEqualTo(1);
                assertThat(e.tensor()).startsWith("gradient of ");
              });
      assertThat(session.network().weights()).isEqualTo(seedNetwork().network().weights());
    }
  }

  @Test
  void aWeightThatIsNotFiniteIsNamed() {
    CompiledNetwork compiled = seedNetwork();
    compiled.network().weights().kernel("location").set(7, Float.POSITIVE_INFINITY);
    try (Workers workers = new Workers(1);
        FitSession session = new FitSession(compiled, data(), KERNELS, workers)) {
      assertThatThrownBy(session::step)
          .isInstanceOf(TrainingDivergedException.class)
          .hasMessageContaining("weight location/kernel is Infinity at index 7");
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Tensor x = Tensor.zeros(1, 2, 2, 8);
    Tensor labels = Tensor.zeros(1, 2, 2, 9);
    Tensor targets = Tensor.zeros(1, 2, 2, 36);
    try (Workers workers = new Workers(1)) {
      assertThatThrownBy(() ->
              new FitSession(seedNetwork(), new FitData(x, labels, targets), KERNELS, workers))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("x: channels: expected 16, got 8");
      assertThatThrownBy(() -> new FitData(x, labels, labels))
          .hasMessage("location_target: expected shape (1, 2, 2, 36), got float32[1, 2, 2, 9]");
      Network deep = Network.initialized(Architecture.of(Backbone.thin(8), new RpnHead(8, 9)), 1);
      CompiledNetwork compiled =
          deep.compile(Adam.keras(), Map.of("location", Losses.named("mse")));
      assertThatThrownBy(
              () -> new FitSession(compiled, new FitData(x, labels, targets), KERNELS, workers))
          .hasMessageContaining("got a network with a backbone");
    }
  }
}
