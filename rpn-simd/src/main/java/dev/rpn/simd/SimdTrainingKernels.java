package dev.rpn.simd;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.Fma;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.Kernels;
import dev.rpn.kernel.StageKernel;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/** Training with vectors. */
final class SimdTrainingKernels implements TrainingKernels {
  private final RecentShapes<WeightGradient> weightGradients =
      new RecentShapes<>(WeightGradient::of);

  private final RecentShapes<HeadsWeightGradient> headsWeightGradients =
      new RecentShapes<>(HeadsWeightGradient::new);

  /** Where products are not fused. */
  private final TrainingKernels scalar = Kernels.named("scalar").training();

  @Override
  public StageKernel convolution(ConvolutionWeights weights) {
    return new ConvolutionKernel(weights, Algorithm.F2);
  }

  @Override
  public StageKernel maxPool(int channels) {
    return new MaxPoolKernel(channels);
  }

  @Override
  public StageKernel heads(HeadWeights weights) {
    return new HeadsKernel(weights);
  }

  @Override
  public StageKernel inputGradient(ConvolutionWeights weights, MemorySegment input) {
    return ConvolutionKernel.inputGradient(weights, input);
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
    weightGradients
        .of(input, outputs)
        .run(in, outGradient, kernelGradient, biasGradient, scratch, part, parts);
  }

  @Override
  public long weightGradientScratchBytes(MapShape input, int outputs) {
    return weightGradients.of(input, outputs).scratchBytes();
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
    if (Fma.FUSED) {
      headsWeightGradients
          .of(hidden, anchors)
          .run(
              in,
              outGradient,
              classificationKernel,
              classificationBias,
              locationKernel,
              locationBias,
              scratch,
              part,
              parts);
      return;
    }
    scalar.headsWeightGradient(
        hidden,
        anchors,
        in,
        outGradient,
        classificationKernel,
        classificationBias,
        locationKernel,
        locationBias,
        scratch,
        part,
        parts);
  }

  @Override
  public long headsWeightGradientScratchBytes(MapShape hidden, int anchors) {
    return Fma.FUSED ? headsWeightGradients.of(hidden, anchors).scratchBytes() : 0;
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
        share(count, part, parts),
        share(count, part + 1, parts));
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
        share(count, part, parts),
        share(count, part + 1, parts));
  }

  /** Where a share begins. */
  private static long share(long count, int part, int parts) {
    return count / parts * part + count % parts * part / parts;
  }
}
