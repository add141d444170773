package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.LANES;

import dev.rpn.kernel.Fma;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/** The gradient of a 3x3 convolution with respect to its weights, for one shape. */
interface WeightGradient extends RecentShapes.ForShape {
  /** With fewer inputs or outputs transforms cost as much as the products that they save. */
  int LEAST_CHANNELS = 16;

  /**
   * The faster of both ways: F(3x3,4x4) takes 0.86 of the time of the plain sum with 16 outputs.
   * The shape alone decides, not the width of vectors: both ways round differently, and a training
   * has the same bits at any width.
   */
  static WeightGradient of(MapShape shape, int outputs) {
    return Fma.FUSED && Math.min(shape.channels(), outputs) >= LEAST_CHANNELS
        ? new WinogradWeightGradient(shape, outputs)
        : new DirectWeightGradient(shape, outputs);
  }

  long scratchBytes();

  /** Computes one share; parameters as of {@code TrainingKernels.weightGradient}. */
  void run(
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment kernel,
      MemorySegment bias,
      MemorySegment scratch,
      int part,
      int parts);

  /** The bias's gradient of one vector of outputs. */
  static void sumBias(
      MemorySegment outGradient, int outputs, int positions, MemorySegment bias, int vector) {
    long lane = vector * BYTES;
    int lanes = Math.min(LANES, outputs - vector * LANES);
    Lanes.sum(outGradient, lane, (long) outputs * Float.BYTES, positions, lanes, bias, lane);
  }
}
