package dev.rpn.reference;

import dev.rpn.kernel.Fma;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernels;

/** The plain-Java kernels: always there, and what every other is measured against. */
public final class ScalarKernelProvider implements KernelProvider {
  private final TrainingKernels training = new ScalarTrainingKernels();

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int vectorBits() {
    return Float.SIZE;
  }

  @Override
  public boolean fused() {
    return Fma.FUSED;
  }

  @Override
  public InferenceKernels inference() {
    return new ScalarInferenceKernels();
  }

  @Override
  public TrainingKernels training() {
    return training;
  }

  @Override
  public long multiplyAdds(long rounds) {
    return MultiplyAdds.run(rounds);
  }
}
