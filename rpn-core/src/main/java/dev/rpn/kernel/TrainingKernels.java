package dev.rpn.kernel;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * What an implementation offers for training, beside {@link InferenceKernels}: the forward stages
 * that keep what the gradients need, and the gradients.
 *
 * <p>Work that is not a {@link StageKernel} is split by its caller into {@code parts} equal shares
 * of the <em>result</em>: a value is summed by one thread in one order, whatever the split, so that
 * the bits do not depend on the number of threads.
 */
public interface TrainingKernels {
  /** The forward convolution with bias and ReLU: the same bits as in inference (F2). */
  StageKernel convolution(ConvolutionWeights weights);

  /** The forward max-pooling: the same as in inference. */
  StageKernel maxPool(int channels);

  /** The two 1x1 layers from the hidden map; output as {@link InferenceKernels#head}. */
  StageKernel heads(HeadWeights weights);

  /**
   * The gradient of a convolution with respect to its input, before the ReLU that this has been
   * through: from {@code (N, H, W, outputs)} to {@code (N, H, W, inputs)}, a 'same' convolution
   * with the filters turned by 180 degrees and their channels exchanged; 0 where the input is not
   * above 0.
   *
   * @param input the forward input, bound at creation and read at each run
   */
  StageKernel inputGradient(ConvolutionWeights weights, MemorySegment input);

  /**
   * The gradient of a convolution with respect to its weights, summed over the batch. Both maps may
   * be some pictures of larger ones, which are aligned to a value only.
   *
   * @param input shape of the forward input
   * @param outputs channels of the forward output
   * @param in the forward input
   * @param outGradient gradient at the convolution's result before ReLU, {@code (N, H, W, outputs)}
   * @param kernelGradient HWIO, written
   * @param biasGradient written
   * @param scratch {@link #weightGradientScratchBytes} bytes, this thread's own
   */
  void weightGradient(
      MapShape input,
      int outputs,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment kernelGradient,
      MemorySegment biasGradient,
      MemorySegment scratch,
      int part,
      int parts);

  /** Bytes of scratch for one thread of {@link #weightGradient}. */
  long weightGradientScratchBytes(MapShape input, int outputs);

  /**
   * The gradient at the hidden map before its ReLU: both heads' input gradients added, 0 where the
   * hidden value is not above 0. Input is the head's output gradient (two planes, see {@link
   * InferenceKernels#head}); the stage's {@code hidden} is bound at creation.
   *
   * @param hidden the forward hidden map, read at each run
   */
  StageKernel headsInputGradient(HeadWeights weights, MemorySegment hidden);

  /**
   * The gradients of both 1x1 layers' weights.
   *
   * @param hidden shape of the hidden map
   * @param anchors k
   * @param in the hidden map
   * @param outGradient two planes, see {@link InferenceKernels#head}
   * @param classificationKernel written, {@code (channels, k)}
   * @param classificationBias written, {@code k}
   * @param locationKernel written, {@code (channels, 4k)}
   * @param locationBias written, {@code 4k}
   * @param scratch {@link #headsWeightGradientScratchBytes} bytes, this thread's own
   */
  void headsWeightGradient(
      MapShape hidden,
      int anchors,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment classificationKernel,
      MemorySegment classificationBias,
      MemorySegment locationKernel,
      MemorySegment locationBias,
      MemorySegment scratch,
      int part,
      int parts);

  /** Bytes of scratch for one thread of {@link #headsWeightGradient}. */
  long headsWeightGradientScratchBytes(MapShape hidden, int anchors);

  /**
   * The gradient of max-pooling with respect to its input, before the ReLU that this has been
   * through: each output's gradient goes to the first of its window that holds the maximum (in
   * rows, then columns) if that is above 0; all other inputs get 0.
   *
   * @param input shape of the forward input
   * @param in the forward input
   * @param outGradient gradient at the result
   * @param inGradient written whole
   */
  void maxPoolGradient(
      MapShape input,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      int part,
      int parts);

  /**
   * One Adam update in one pass: {@code m += (g - m)(1 - beta1); v += (g^2 - v)(1 - beta2); w = w *
   * keep - m * alpha / (sqrt(v) * gamma + epsilon)}. Keras's form has {@code alpha = lr sqrt(1 -
   * beta2^t) / (1 - beta1^t), gamma = 1}; torch's {@code alpha = lr / (1 - beta1^t), gamma = 1 /
   * sqrt(1 - beta2^t)}.
   */
  void adam(
      AdamStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long count,
      int part,
      int parts);

  /**
   * The scalars of one Adam update.
   *
   * @param alpha corrected step size
   * @param gamma correction of the square root
   * @param epsilon added to the corrected square root
   * @param rate1 1 - beta1
   * @param rate2 1 - beta2
   * @param keep what decoupled weight decay leaves of a weight; 1 without
   */
  record AdamStep(float alpha, float gamma, float epsilon, float rate1, float rate2, float keep) {}

  /**
   * One update of gradient descent with momentum in one pass: {@code v = v * momentum + (g + w *
   * decay); w -= v * rate}.
   */
  void sgd(
      SgdStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment velocities,
      long count,
      int part,
      int parts);

  /**
   * The scalars of one update of gradient descent.
   *
   * @param rate step size
   * @param momentum what is kept of the velocity
   * @param decay part of a weight that is added to its gradient
   */
  record SgdStep(float rate, float momentum, float decay) {}
}
