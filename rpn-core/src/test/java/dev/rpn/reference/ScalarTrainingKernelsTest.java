package dev.rpn.reference;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernelsContract;

class ScalarTrainingKernelsTest extends TrainingKernelsContract {
  @Override
  protected KernelProvider provider() {
    return new ScalarKernelProvider();
  }
}
