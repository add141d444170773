package dev.rpn.reference;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.SigmoidPolynomial;
import dev.rpn.kernel.StageKernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Inference in plain Java. */
final class ScalarInferenceKernels implements InferenceKernels {
  @Override
  public StageKernel convolution(ConvolutionWeights weights, Algorithm algorithm) {
    return switch (algorithm) {
      case F2 -> WinogradConvolution.forward(weights);
      case F4 -> WinogradF4Stage.convolution(weights);
    };
  }

  @Override
  public StageKernel maxPool(int channels) {
    return new MaxPool(channels);
  }

  @Override
  public StageKernel head(HeadWeights weights, Algorithm algorithm) {
    return switch (algorithm) {
      case F2 -> new WinogradHead(weights);
      case F4 -> WinogradF4Stage.head(weights);
    };
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
