package dev.rpn.kernel;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What an implementation offers for inference. */
public interface InferenceKernels {
  /**
   * A 3x3 convolution, stride 1, zero padding that keeps the size, plus bias, then ReLU ({@code v <
   * 0 ? 0 : v}, which keeps a NaN).
   *
   * @throws UnsupportedOperationException if the implementation lacks the algorithm
   */
  StageKernel convolution(ConvolutionWeights weights, Algorithm algorithm);

  /** A 2x2 max-pooling with stride 2; an odd last row or column is dropped. NaN wins. */
  StageKernel maxPool(int channels);

  /**
   * The whole proposal head: the 3x3 convolution with ReLU and both 1x1 layers on its result. The
   * output holds two planes one after the other: logits {@code (N, H, W, k)}, then deltas {@code
   * (N, H, W, 4k)}.
   *
   * @throws UnsupportedOperationException if the implementation lacks the algorithm
   */
  StageKernel head(HeadWeights weights, Algorithm algorithm);

  /**
   * The same as stages that follow each other, where that is faster than one.
   *
   * @param maps the largest feature maps it is for
   * @param threads how many will run it
   * @throws UnsupportedOperationException if the implementation lacks the algorithm
   */
  default List<StageKernel> headStages(
      HeadWeights weights, Algorithm algorithm, List<MapShape> maps, int threads) {
    return List.of(head(weights, algorithm));
  }

  /**
   * The logistic function of {@code count} values, by the polynomial of {@link SigmoidPolynomial}.
   *
   * @param logits float32 values, only read
   * @param probabilities may be the same segment
   * @param first index of the first value
   * @param count how many
   */
  void sigmoid(MemorySegment logits, MemorySegment probabilities, long first, long count);
}
