package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.InferenceKernelsContract;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.KernelTestSupport;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimdInferenceKernelsTest extends InferenceKernelsContract {
  @Override
  protected KernelProvider provider() {
    return new SimdKernelProvider();
  }

  @Test
  void threadsShareTheOutputsOfSmallMapsAndTheTilesOfOthers() {
    try (Arena arena = Arena.ofConfined()) {
      HeadWeights weights = headWeights(arena, 160, 9, KernelTestSupport.random("stages"));
      var small = new MapShape(1, 7, 6, 160);
      var large = new MapShape(1, 20, 20, 160);
      assertThat(stages(weights, List.of(small), 2)).isEqualTo(2);
      assertThat(stages(weights, List.of(small), 1)).isEqualTo(1);
      assertThat(stages(weights, List.of(small, large), 2)).isEqualTo(1);
    }
  }

  private int stages(HeadWeights weights, List<MapShape> maps, int threads) {
    InferenceKernels kernels = provider().inference();
    return kernels.headStages(weights, Algorithm.F2, maps, threads).size();
  }
}
