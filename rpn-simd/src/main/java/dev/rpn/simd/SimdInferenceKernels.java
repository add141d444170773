package dev.rpn.simd;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Inference with vectors. */
final class SimdInferenceKernels implements InferenceKernels {
  @Override
  public StageKernel convolution(ConvolutionWeights weights, Algorithm algorithm) {
    return new ConvolutionKernel(weights, algorithm);
  }

  @Override
  public StageKernel maxPool(int channels) {
    return new MaxPoolKernel(channels);
  }

  @Override
  public StageKernel head(HeadWeights weights, Algorithm algorithm) {
    return new HeadKernel(weights, algorithm);
  }

  /**
   * On small maps that several threads share, the convolution by itself: its threads share the
   * outputs, and each fetches only its part of the filters.
   */
  @Override
  public List<StageKernel> headStages(
      HeadWeights weights, Algorithm algorithm, List<MapShape> maps, int threads) {
    var convolution = new WinogradConvolution(weights.convolution(), algorithm);
    return threads > 1 && maps.stream().allMatch(convolution::hasFewTiles)
        ? List.of(convolution(weights.convolution(), algorithm), new HeadsKernel(weights))
        : List.of(head(weights, algorithm));
  }

  @Override
  public void sigmoid(MemorySegment logits, MemorySegment probabilities, long first, long count) {
    Sigmoid.run(logits, probabilities, first, count);
  }
}
