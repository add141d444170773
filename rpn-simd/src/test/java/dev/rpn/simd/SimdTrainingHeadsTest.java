package dev.rpn.simd;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingHeadsContract;

class SimdTrainingHeadsTest extends TrainingHeadsContract {
  @Override
  protected KernelProvider provider() {
    return new SimdKernelProvider();
  }
}
