package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.KernelTestSupport;
import dev.rpn.kernel.KernelTestSupport.Fill;
import dev.rpn.kernel.Kernels;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class NetworkEngineTest {
  private static final MapShape SHAPE = new MapShape(2, 5, 7, 12);
  private static final Network HEAD = Network.initialized(Architecture.of(new RpnHead(12, 3)), 1);
  private static final EngineOptions OPTIONS =
      EngineOptions.standard().withKernels(Kernels.named("scalar"));

  @Test
  void runsABackboneLayerByLayer() {
    Architecture architecture = Architecture.of(Backbone.thin(4, 5, 6, 7, 8), new RpnHead(8, 3));
    Network network = Network.initialized(architecture, 2);
    MapShape picture = new MapShape(2, 19, 22, 3);
    float[] pixels = fill(picture);
    MapShape shape = picture;
    float[] map = pixels;
    var kernels = Kernels.named("scalar").inference();
    for (Layer layer : architecture.backbone().orElseThrow().layers()) {
      var stage =
          layer instanceof Conv3x3 convolution
              ? kernels.convolution(
                  ConvolutionWeights.of(convolution, network.weights()), OPTIONS.algorithm())
              : kernels.maxPool(shape.channels());
      map = KernelTestSupport.run(stage, shape, map, 1);
      shape = stage.output(shape);
    }
    float[] expected =
        KernelTestSupport.run(
            kernels.head(
                HeadWeights.of(architecture.head(), network.weights()), OPTIONS.algorithm()),
            shape,
            map,
            1);
    try (var engine = new NetworkEngine(network, OPTIONS.withThreads(2), picture)) {
      engine.forward(0, picture, MemorySegment.ofArray(pixels));
      assertThat(engine.featureShape(0)).isEqualTo(new MapShape(2, 4, 5, 8)).isEqualTo(shape);
      float[] logits = engine.logits(0).toArray(ValueLayout.JAVA_FLOAT);
      float[] deltas = engine.deltas(0).toArray(ValueLayout.JAVA_FLOAT);
      assertThat(logits).hasSize(2 * 4 * 5 * 3);
      float[] both = new float[expected.length];
      System.arraycopy(logits, 0, both, 0, logits.length);
      System.arraycopy(deltas, 0, both, logits.length, deltas.length);
      KernelTestSupport.assertSameBits("backbone and head", both, expected);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void givesTheSameBitsFromHeapConfinedAndUnalignedInput(int threads) {
    float[] values = fill(SHAPE);
    try (Arena arena = Arena.ofConfined();
        var engine = new NetworkEngine(HEAD, OPTIONS.withThreads(threads), SHAPE)) {
      float[] heap = logits(engine, MemorySegment.ofArray(values));
      MemorySegment aligned = arena.allocate(SHAPE.bytes(), 64);
      aligned.copyFrom(MemorySegment.ofArray(values));
      MemorySegment odd = arena.allocate(SHAPE.bytes() + 64, 64).asSlice(1, SHAPE.bytes());
      odd.copyFrom(MemorySegment.ofArray(values));
      KernelTestSupport.assertSameBits("native", logits(engine, aligned.asReadOnly()), heap);
      KernelTestSupport.assertSameBits("unaligned", logits(engine, odd), heap);
    }
  }

  @Test
  void smallerInputsAfterLargerOnesAreNotDisturbedByWhatWasThere() {
    MapShape small = new MapShape(1, 3, 4, 12);
    float[] values = fill(small);
    float[] fresh;
    try (var engine = new NetworkEngine(HEAD, OPTIONS, small)) {
      engine.forward(0, small, MemorySegment.ofArray(values));
      fresh = engine.deltas(0).toArray(ValueLayout.JAVA_FLOAT);
    }
    try (var engine = new NetworkEngine(HEAD, OPTIONS, SHAPE)) {
      engine.forward(0, SHAPE, MemorySegment.ofArray(fill(SHAPE)));
      engine.forward(0, small, MemorySegment.ofArray(values));
      KernelTestSupport.assertSameBits(
          "reused", engine.deltas(0).toArray(ValueLayout.JAVA_FLOAT), fresh);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aCallInSteadyStateAllocatesNothingOnAnyThread(int threads) {
    MapShape shape = new MapShape(1, 3, 3, 12);
    try (Arena arena = Arena.ofConfined();
        var engine = new NetworkEngine(HEAD, OPTIONS.withThreads(threads), shape)) {
      MemorySegment input = arena.allocate(shape.bytes(), 64);
      for (int i = 0; i < 20_000; i++) {
        engine.forward(0, shape, input);
      }
      var bean = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      int calls = 2_000;
      long least = Long.MAX_VALUE;
      for (int attempt = 0; attempt < 5; attempt++) {
        // Other threads of the test runner may allocate meanwhile; not in five attempts.
        long before = bean.getTotalThreadAllocatedBytes();
        for (int i = 0; i < calls; i++) {
          engine.forward(0, shape, input);
        }
        least = Math.min(least, bean.getTotalThreadAllocatedBytes() - before);
      }
      assertThat(least).as("bytes of %d calls", calls).isLessThan(calls);
    }
  }

  @Test
  void warmsUpUntilCallsGetNoFasterAndSaysWhatItTook() {
    try (var engine = new NetworkEngine(HEAD, OPTIONS, SHAPE)) {
      WarmUp warmUp = engine.warmUp(0, SHAPE);
      assertThat(warmUp.calls()).isGreaterThan(20);
      assertThat(warmUp.steady()).isPositive().isLessThanOrEqualTo(warmUp.first());
      assertThat(warmUp.took()).isGreaterThan(warmUp.steady());
      assertThat(engine.logits(0).byteSize()).isEqualTo(2 * 5 * 7 * 3 * 4);
    }
  }

  @Test
  void statesItsFootprintBeforeAndHoldsIt() {
    Footprint before = NetworkEngine.footprint(HEAD, OPTIONS.withThreads(2), SHAPE);
    try (var engine = new NetworkEngine(HEAD, OPTIONS.withThreads(2), SHAPE)) {
      assertThat(engine.footprint()).isEqualTo(before);
      // Sixteen transformed values for nine, and both 1x1 layers.
      assertThat(before.weightBytes()).isGreaterThan(16 * 12 * 12 * 4);
      assertThat(before.mapBytes()).isGreaterThanOrEqualTo(SHAPE.bytes() + 2 * 5 * 7 * 15 * 4);
    }
  }

  @Test
  void refusesInputThatDoesNotFitWithBothValues() {
    try (var engine = new NetworkEngine(HEAD, OPTIONS, SHAPE)) {
      MapShape wide = new MapShape(2, 5, 8, 12);
      MapShape thin = new MapShape(2, 5, 7, 11);
      assertThatThrownBy(() -> engine.forward(0, wide, heap(wide)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "input: expected at most the engine's capacity of (2, 5, 7, 12), got (2, 5, 8, 12)");
      assertThatThrownBy(() -> engine.forward(0, thin, heap(thin)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("channels: expected 12, got 11");
      assertThatThrownBy(() -> engine.forward(0, SHAPE, heap(thin)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("input: expected 3360 bytes for shape (2, 5, 7, 12), got 3080");
      assertThatThrownBy(() -> engine.forward(1, SHAPE, heap(SHAPE)))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatNullPointerException()
          .isThrownBy(() -> engine.forward(0, SHAPE, null))
          .withMessage("input");
      assertThatNullPointerException()
          .isThrownBy(() -> engine.forward(0, null, heap(SHAPE)))
          .withMessage("shape");
      assertThatThrownBy(() -> engine.logits(0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("has not run");
    }
  }

  @Test
  void refusesItsOwnOutputAsInput() {
    MapShape one = new MapShape(1, 1, 1, 12);
    try (var engine = new NetworkEngine(HEAD, OPTIONS, one)) {
      engine.forward(0, one, heap(one));
      MemorySegment deltas = engine.deltas(0);
      assertThat(deltas.byteSize()).isEqualTo(one.bytes());
      assertThatThrownBy(() -> engine.forward(0, one, deltas))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("input: expected memory of its own, got a part of the engine's output");
    }
  }

  @Test
  void refusesCapacitiesThatAreNotTheNetworks() {
    assertThatThrownBy(() -> new NetworkEngine(HEAD, OPTIONS, new MapShape(1, 5, 5, 13)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("channels: expected 12, got 13");
    assertThatThrownBy(() -> new NetworkEngine(HEAD, OPTIONS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one");
  }

  @Test
  void closesTwiceAndRefusesCallsThen() {
    var engine = new NetworkEngine(HEAD, OPTIONS, SHAPE);
    engine.forward(0, SHAPE, heap(SHAPE));
    MemorySegment view = engine.logits(0);
    engine.close();
    engine.close();
    assertThatThrownBy(() -> engine.forward(0, SHAPE, heap(SHAPE)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("engine: closed");
    assertThatThrownBy(() -> view.get(ValueLayout.JAVA_FLOAT, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void closingUnderRunningCallsLetsThemEnd(int threads) throws Exception {
    for (int round = 0; round < 100; round++) {
      var engine = new NetworkEngine(HEAD, OPTIONS.withThreads(threads), SHAPE);
      var started = new CountDownLatch(1);
      var wrong = new AtomicInteger();
      Thread caller =
          Thread.ofPlatform()
              .start(() -> {
                MemorySegment input = heap(SHAPE);
                try {
                  while (true) {
                    engine.forward(0, SHAPE, input);
                    started.countDown();
                  }
                } catch (IllegalStateException e) {
                  if (!"engine: closed".equals(e.getMessage())) {
                    wrong.incrementAndGet();
                  }
                }
              });
      started.await();
      engine.close();
      caller.join();
      assertThat(wrong).hasValue(0);
    }
  }

  @Test
  void refusesASecondCallerWhileACallRuns() throws Exception {
    var inside = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    KernelProvider slow = new SlowKernels(inside, release);
    try (var engine = new NetworkEngine(HEAD, OPTIONS.withKernels(slow), SHAPE)) {
      Thread first = Thread.ofPlatform().start(() -> engine.forward(0, SHAPE, heap(SHAPE)));
      inside.await();
      assertThatThrownBy(() -> engine.forward(0, SHAPE, heap(SHAPE)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("one caller at a time");
      release.countDown();
      first.join();
      engine.forward(0, SHAPE, heap(SHAPE));
    }
  }

  @Test
  @Timeout(60)
  void aWarmUpIsACallerLikeAnyOther() throws Exception {
    try (var engine = new NetworkEngine(HEAD, OPTIONS.withThreads(2), SHAPE)) {
      MemorySegment input = MemorySegment.ofArray(fill(SHAPE));
      float[] expected = logits(engine, input);
      var done = new AtomicBoolean();
      Thread warming =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                while (!done.get()) {
                  alone(() -> engine.callSurroundings(0, SHAPE));
                }
              });
      int ran = 0;
      for (int call = 0; call < 5000; call++) {
        if (alone(() -> engine.forward(0, SHAPE, input))) {
          ran++;
          KernelTestSupport.assertSameBits(
              "beside a warm-up", engine.logits(0).toArray(ValueLayout.JAVA_FLOAT), expected);
        }
      }
      done.set(true);
      warming.join();
      assertThat(ran).isPositive();
    }
  }

  /** Whether a call ran; else it was refused because of another. */
  private static boolean alone(Runnable call) {
    try {
      call.run();
      return true;
    } catch (IllegalStateException refused) {
      assertThat(refused).hasMessageContaining("one caller at a time");
      return false;
    }
  }

  private static float[] logits(NetworkEngine engine, MemorySegment input) {
    engine.forward(0, SHAPE, input);
    return engine.logits(0).toArray(ValueLayout.JAVA_FLOAT);
  }

  private static MemorySegment heap(MapShape shape) {
    return MemorySegment.ofArray(new float[shape.elements()]);
  }

  private static float[] fill(MapShape shape) {
    return KernelTestSupport.fill(Fill.NORMAL, shape.elements(), new Random(shape.hashCode()));
  }
}
