package dev.rpn.simd;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernelsContract;

class SimdTrainingKernelsTest extends TrainingKernelsContract {
  @Override
  protected KernelProvider provider() {
    return new SimdKernelProvider();
  }
}
