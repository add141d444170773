package dev.rpn.reference;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Training in plain Java. */
final class ScalarTrainingKernels implements TrainingKernels {
  /** Kept between calls, so that a step leaves no garbage; more threads than this allocate. */
  private final AtomicReferenceArray<WeightGradient> idle = new AtomicReferenceArray<>(64);

  @Override
  public StageKernel convolution(ConvolutionWeights weights) {
    return WinogradConvolution.forward(weights);
  }

  @Override
  public StageKernel maxPool(int channels) {
    return new MaxPool(channels);
  }

  @Override
  public StageKernel heads(HeadWeights weights) {
    return new Heads1x1(weights);
  }

  @Override
  public StageKernel inputGradient(ConvolutionWeights weights, MemorySegment input) {
    return WinogradConvolution.inputGradient(weights, input);
  }

  @Override
  public void weightGradient(
      MapShape input,
      int outputs,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment kernelGradient,
      MemorySegment biasGradient,
      MemorySegment scratch,
      int part,
      int parts) {
    WeightGradient gradient = take();
    gradient.run(3, input, in, outputs, outGradient, kernelGradient, biasGradient, part, parts);
    giveBack(gradient);
  }

  @Override
  public long weightGradientScratchBytes(MapShape input, int outputs) {
    return 0;
  }

  @Override
  public StageKernel headsInputGradient(HeadWeights weights, MemorySegment hidden) {
    return new HeadsInputGradient(weights, hidden);
  }

  @Override
  public void headsWeightGradient(
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
      int parts) {
    long logits = (long) hidden.positions() * anchors * Float.BYTES;
    MemorySegment logitGradient = outGradient.asSlice(0, logits);
    MemorySegment deltaGradient = outGradient.asSlice(logits, 4 * logits);
    WeightGradient gradient = take();
    gradient.run(
        1,
        hidden,
        in,
        anchors,
        logitGradient,
        classificationKernel,
        classificationBias,
        part,
        parts);
    gradient.run(
        1, hidden, in, 4 * anchors, deltaGradient, locationKernel, locationBias, part, parts);
    giveBack(gradient);
  }

  @Override
  public long headsWeightGradientScratchBytes(MapShape hidden, int anchors) {
    return 0;
  }

  @Override
  public void maxPoolGradient(
      MapShape input,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      int part,
      int parts) {
    MaxPoolGradient.run(input, in, outGradient, inGradient, part, parts);
  }

  @Override
  public void adam(
      AdamStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long count,
      int part,
      int parts) {
    AdamUpdate.run(
        step,
        weights,
        gradients,
        means,
        squares,
        Share.start(count, part, parts),
        Share.start(count, part + 1, parts));
  }

  @Override
  public void sgd(
      SgdStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment velocities,
      long count,
      int part,
      int parts) {
    SgdUpdate.run(
        step,
        weights,
        gradients,
        velocities,
        Share.start(count, part, parts),
        Share.start(count, part + 1, parts));
  }

  private WeightGradient take() {
    for (int i = 0; i < idle.length(); i++) {
      WeightGradient gradient = idle.getAndSet(i, null);
      if (gradient != null) {
        return gradient;
      }
    }
    return new WeightGradient();
  }

  private void giveBack(WeightGradient gradient) {
    for (int i = 0; i < idle.length(); i++) {
      if (idle.compareAndSet(i, null, gradient)) {
        return;
      }
    }
  }
}
