package dev.rpn.reference;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingHeadsContract;

class ScalarTrainingHeadsTest extends TrainingHeadsContract {
  @Override
  protected KernelProvider provider() {
    return new ScalarKernelProvider();
  }
}
