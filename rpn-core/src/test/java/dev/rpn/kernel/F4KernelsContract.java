package dev.rpn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.KernelTestSupport.Fill;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What F(4x4,3x3) must do: the same bits everywhere, and errors within gates of its own. */
public abstract class F4KernelsContract {
  /** The implementation under test. */
  protected abstract KernelProvider provider();

  static Stream<InferenceKernelsContract.Case> cases() {
    return InferenceKernelsContract.cases().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void hasTheBitsOfThePlainJavaKernelsOnAnyNumberOfThreads(InferenceKernelsContract.Case c) {
    try (Arena arena = Arena.ofConfined()) {
      Random random = KernelTestSupport.random("F4 bits" + c);
      var conv = new Convolutions(arena, c.shape(), c.outputs(), Fill.NORMAL, random);
      float[] plain = run(Kernels.named("scalar"), conv, 1);
      for (int threads : new int[] {1, 2, 5}) {
        KernelTestSupport.assertSameBits(
            c + " on " + threads + " threads", run(provider(), conv, threads), plain);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void staysNearTheDirectConvolution(InferenceKernelsContract.Case c) {
    for (Fill fill : List.of(Fill.NORMAL, Fill.RELU, Fill.POSITIVE)) {
      try (Arena arena = Arena.ofConfined()) {
        Random random = KernelTestSupport.random("F4 error" + fill + c);
        var conv = new Convolutions(arena, c.shape(), c.outputs(), fill, random);
        float[] actual = run(provider(), conv, 1);
        double[] expected = conv.expected(arena);
        double[] bounds = conv.magnitudes();
        for (int i = 0; i < bounds.length; i++) {
          // Its gate is 32 times that of F(2x2,3x3).
          bounds[i] *= 32 * KernelTestSupport.gamma(c.shape().channels() + 12);
        }
        KernelTestSupport.assertWithin(fill + " " + c, actual, expected, bounds);
      }
    }
  }

  @Test
  void relativeErrorAtManyChannelsIsSmall() {
    MapShape shape = new MapShape(1, 8, 8, 256);
    try (Arena arena = Arena.ofConfined()) {
      var conv =
          new Convolutions(arena, shape, 32, Fill.NORMAL, KernelTestSupport.random("F4 depth"));
      float[] actual = run(provider(), conv, 1);
      double[] expected = conv.expected(arena);
      double error = 0;
      double size = 0;
      for (int i = 0; i < actual.length; i++) {
        error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
        size += expected[i] * expected[i];
      }
      assertThat(Math.sqrt(error / size)).isLessThan(4e-6);
    }
  }

  @Test
  void theFusedHeadHasTheBitsOfThePlainJavaKernels() {
    for (MapShape shape : List.of(new MapShape(1, 1, 1, 1), new MapShape(2, 5, 7, 17))) {
      for (int anchors : new int[] {1, 9}) {
        try (Arena arena = Arena.ofConfined()) {
          Random random = KernelTestSupport.random("F4 head" + shape + anchors);
          float[] input = KernelTestSupport.fill(Fill.NORMAL, shape.elements(), random);
          HeadWeights weights =
              InferenceKernelsContract.headWeights(arena, shape.channels(), anchors, random);
          StageKernel plain = Kernels.named("scalar").inference().head(weights, Algorithm.F4);
          StageKernel head = provider().inference().head(weights, Algorithm.F4);
          KernelTestSupport.assertSameBits(
              "head " + shape + " k " + anchors,
              KernelTestSupport.run(head, shape, input, 2),
              KernelTestSupport.run(plain, shape, input, 1));
        }
      }
    }
  }

  private static float[] run(KernelProvider provider, Convolutions conv, int threads) {
    StageKernel stage = provider.inference().convolution(conv.weights, Algorithm.F4);
    return KernelTestSupport.run(stage, conv.shape, conv.input, threads);
  }
}
