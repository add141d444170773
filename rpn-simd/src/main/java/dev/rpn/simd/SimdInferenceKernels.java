package dev.rpn.simd;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.StageKernel;
import java.lang.foreign.MemorySegment;

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

  @Override
  public void sigmoid(MemorySegment logits, MemorySegment probabilities, long first, long count) {
    Sigmoid.run(logits, probabilities, first, count);
  }
}
