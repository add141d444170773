package dev.rpn.simd;

import dev.rpn.kernel.Fma;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernels;

/** The kernels with {@code jdk.incubator.vector}. */
public final class SimdKernelProvider implements KernelProvider {
  private final InferenceKernels inference = new SimdInferenceKernels();

  /** Asked here, so that a process without the Vector module has no such provider. */
  private final int vectorBits = Species.LANES * Float.SIZE;

  @Override
  public String name() {
    return "simd";
  }

  @Override
  public int rank() {
    return 10;
  }

  @Override
  public int vectorBits() {
    return vectorBits;
  }

  @Override
  public boolean fused() {
    return Fma.FUSED;
  }

  @Override
  public InferenceKernels inference() {
    return inference;
  }

  @Override
  public TrainingKernels training() {
    return new SimdTrainingKernels();
  }

  @Override
  public long multiplyAdds(long rounds) {
    return MultiplyAdds.run(rounds);
  }
}
