package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.rpn.engine.Workers;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import dev.rpn.loss.Losses;
import dev.rpn.model.Architecture;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Once compiled, whole steps allocate nothing on any thread but a few small objects whose size does
 * not depend on that of the network: the caller's for the optimiser, and one a picture.
 */
class StepAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final KernelProvider KERNELS = Kernels.named("simd");
  private static final int STEPS = 60;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** The optimiser with its step size, its scalars, and what the end of an epoch takes. */
  private static final long CALLER_BYTES = 256;

  /** The scale from a picture to the input, made by whichever thread writes it. */
  private static final long PICTURE_BYTES = 32;

  /** Below that the compiler lacks some vector operations: correct, but with objects. */
  @BeforeAll
  static void requireAllVectorOperations() {
    assumeTrue(KERNELS.vectorBits() >= 256, "needs vectors of at least 256 bits");
  }

  /** What each worker of a group has allocated since the last look, the calling thread first. */
  private static final class Allocation {
    private final long[] ids;
    private final long[] before;
    private final long[] bytes;
    private final long end = System.nanoTime() + LIMIT.toNanos();
    private final long allowed;
    private long steps;

    /**
     * @param pictures that a step writes
     */
    Allocation(Workers workers, int pictures) {
      allowed = STEPS * PICTURE_BYTES * pictures;
      ids = new long[workers.threads()];
      before = new long[ids.length];
      bytes = new long[ids.length];
      var all = new CyclicBarrier(ids.length);
      // None can take a second block before each has one.
      workers.run(
          (block, worker) -> {
            ids[worker] = Thread.currentThread().threadId();
            try {
              all.await();
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          },
          ids.length);
      assertThat(ids).doesNotContain(0).doesNotHaveDuplicates();
      assertThat(ids[0]).isEqualTo(Thread.currentThread().threadId());
    }

    /**
     * After every step: true once a round is clean, or when it is too late. Until the compiler is
     * through, vectors are objects.
     */
    boolean isSteady() {
      if (++steps % STEPS != 0) {
        return false;
      }
      for (int i = 0; i < ids.length; i++) {
        long now = THREADS.getThreadAllocatedBytes(ids[i]);
        bytes[i] = now - before[i];
        before[i] = now;
      }
      return steps > STEPS && isClean() || System.nanoTime() > end;
    }

    private boolean isClean() {
      boolean clean = bytes[0] <= CALLER_BYTES * STEPS + allowed;
      for (int i = 1; i < bytes.length; i++) {
        clean &= bytes[i] <= allowed;
      }
      return clean;
    }

    void assertClean() {
      assertThat(isClean())
          .as("bytes of %d steps, by worker, after %d: %s", STEPS, steps, Arrays.toString(bytes))
          .isTrue();
    }
  }

  private static Tensor filled(float value, int... sides) {
    Tensor tensor = Tensor.zeros(sides);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.set(i, value * (i % 13 - 6));
    }
    return tensor;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aHeadsStep(int threads) {
    var network =
        Network.initialized(Architecture.of(new RpnHead(64, 9)), 3)
            .compile(
                Adam.keras(),
                Map.of(
                    RpnHead.CLASSIFICATION,
                    Losses.named("binary_crossentropy"),
                    RpnHead.LOCATION,
                    Losses.named("mse")));
    var data =
        new FitData(
            filled(0.1f, 1, 7, 9, 64), Tensor.zeros(1, 7, 9, 9), filled(0.05f, 1, 7, 9, 36));
    try (var workers = new Workers(threads);
        var session = new FitSession(network, data, KERNELS, workers)) {
      var allocation = new Allocation(workers, 0);
      do {
        session.step();
      } while (!allocation.isSteady());
      allocation.assertClean();
    }
  }

  /** Flips, clipping, accumulation and the average included; the pictures are kept, once read. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aWholeNetworksStep(int threads) {
    TrainingRecipe recipe =
        Scenes.recipe(10_000_000)
            .withOptions(
                TrainingOptions.plain()
                    .withFlips(true)
                    .withClipNorm(1)
                    .withAccumulation(2)
                    .withAveraging(0.9));
    try (var workers = new Workers(threads);
        var trainer =
            new Trainer(recipe, recipe.freshModel(), Scenes.pictures(), KERNELS, workers, null)) {
      var allocation = new Allocation(workers, 4);
      var stopping = new Stop(step -> allocation.isSteady());
      assertThatThrownBy(() -> trainer.train(stopping)).hasMessage(Stop.MESSAGE);
      allocation.assertClean();
    }
  }
}
