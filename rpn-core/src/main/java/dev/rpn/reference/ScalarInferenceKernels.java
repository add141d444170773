package dev.rpn.reference;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.SigmoidPolynomial;
import dev.rpn.kernel.StageKernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Inference in plain Java: only F(2x2,3x3). */
final class ScalarInferenceKernels implements InferenceKernels {
  @Override
  public StageKernel convolution(ConvolutionWeights weights, Algorithm algorithm) {
    requireF2(algorithm);
    return WinogradConvolution.forward(weights);
  }

  @Override
  public StageKernel maxPool(int channels) {
    return new MaxPool(channels);
  }

  @Override
  public StageKernel head(HeadWeights weights, Algorithm algorithm) {
    requireF2(algorithm);
    return new WinogradHead(weights);
  }

  private static void requireF2(Algorithm algorithm) {
    if (algorithm != Algorithm.F2) {
      throw new UnsupportedOperationException(
          "algorithm: the scalar kernels compute F2, not " + algorithm);
    }
  }

  @Override
  public void sigmoid(MemorySegment logits, MemorySegment probabilities, long first, long count) {
    for (long i = first; i < first + count; i++) {
      probabilities.setAtIndex(
          ValueLayout.JAVA_FLOAT,
          i,
          SigmoidPolynomial.sigmoid(logits.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
    }
  }
}
