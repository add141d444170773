package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.FeatureMap;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.engine.ProposalEngine;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A warm engine's calls allocate nothing on any thread: the messages of a class become objects when
 * C2 is asked for one of its methods, which for what surrounds the kernels is after 5,000 calls. In
 * a process of its own, because that happens once, and with a map so large that the engine is warm
 * before it made so many calls.
 */
class WarmEngineTest {
  private static final int CALLS = 15_000;

  private static final MapShape SHAPE = new MapShape(1, 30, 30, 64);
  private static final Size PICTURE = new Size(480, 480);
  private static final String PROPOSALS = "proposals";

  /** The program: prints the bytes that its threads allocated in all calls. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      Network network = Network.initialized(Architecture.of(new RpnHead(64, 9)), 1);
      var options = EngineOptions.standard().withKernels(new SimdKernelProvider()).withThreads(2);
      Tensor input = Tensor.zeros(1, 30, 30, 64);
      if (!List.of(arguments).contains(PROPOSALS)) {
        try (var engine = new NetworkEngine(network, options, SHAPE)) {
          engine.warmUp(0, SHAPE);
          printAllocated(() -> engine.forward(0, SHAPE, input.data()));
        }
        return;
      }
      List<FeatureMap> levels = List.of(new FeatureMap(SHAPE, input.data()));
      List<Size> pictures = List.of(PICTURE);
      var model =
          new ProposalModel(
              network,
              AnchorRecipe.of(List.of(8f, 16f, 32f), List.of(0.5f, 1f, 2f), 16),
              Profile.TORCHVISION,
              Preprocessing.symmetric(0, 0));
      var limits = new ProposalLimits(100, 100, 0.7, 0);
      try (var engine = new ProposalEngine(model, options, limits, SHAPE)) {
        engine.warmUp(PICTURE, SHAPE);
        printAllocated(() -> engine.propose(levels, PICTURE, pictures));
      }
    }

    private static void printAllocated(Runnable call) {
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      // Asked once before, so that what the question itself sets up is not counted.
      threads.getTotalThreadAllocatedBytes();
      long before = threads.getTotalThreadAllocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        call.run();
      }
      System.out.println(threads.getTotalThreadAllocatedBytes() - before);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"forward", PROPOSALS})
  @Timeout(120)
  void allocatesNothing(String what) throws Exception {
    // Its own process has no limit of the width: once is enough.
    assumeTrue(System.getProperty("rpn.test.useAvx") == null, "not at every width");
    // Which of two methods C2 is asked for first depends on how long the other's compilation takes;
    // once in tens of processes a class is late. Without the warm-up's part in it every one is.
    String bytes = "";
    for (int process = 0; process < 3 && !bytes.equals("0"); process++) {
      bytes = JavaProcess.run(List.of(), Program.class, what).getLast();
    }
    assertThat(bytes).as("bytes of %d calls", CALLS).isEqualTo("0");
  }
}
