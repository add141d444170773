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
import java.util.Arrays;
import java.util.stream.Stream;

/** Training with vectors. */
final class SimdTrainingKernels implements TrainingKernels {
  /** How many shapes are remembered. */
  private static final int MOST = 64;

  /** Of the shapes that were asked for, the last first: a step makes none anew. */
  private volatile WeightGradient[] weightGradients = {};

  private volatile HeadsWeightGradient[] headsWeightGradients = {};

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
    weightGradient(input, outputs)
        .run(in, outGradient, kernelGradient, biasGradient, scratch, part, parts);
  }

  @Override
  public long weightGradientScratchBytes(MapShape input, int outputs) {
    return weightGradient(input, outputs).scratchBytes();
  }

  private WeightGradient weightGradient(MapShape input, int outputs) {
    for (WeightGradient one : weightGradients) {
      if (one.fits(input, outputs)) {
        return one;
      }
    }
    var one = WeightGradient.of(input, outputs);
    synchronized (this) {
      weightGradients =
          Stream.concat(Stream.of(one), Arrays.stream(weightGradients))
              .limit(MOST)
              .toArray(WeightGradient[]::new);
    }
    return one;
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
      headsWeightGradient(hidden, anchors)
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
    return Fma.FUSED ? headsWeightGradient(hidden, anchors).scratchBytes() : 0;
  }

  private HeadsWeightGradient headsWeightGradient(MapShape hidden, int anchors) {
    for (HeadsWeightGradient one : headsWeightGradients) {
      if (one.fits(hidden, anchors)) {
        return one;
      }
    }
    var one = new HeadsWeightGradient(hidden, anchors);
    synchronized (this) {
      headsWeightGradients =
          Stream.concat(Stream.of(one), Arrays.stream(headsWeightGradients))
              .limit(MOST)
              .toArray(HeadsWeightGradient[]::new);
    }
    return one;
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
