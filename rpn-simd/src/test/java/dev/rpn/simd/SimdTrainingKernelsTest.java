package dev.rpn.simd;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernelsContract;
import dev.rpn.model.MapShape;

class SimdTrainingKernelsTest extends TrainingKernelsContract {
  @Override
  protected KernelProvider provider() {
    return new SimdKernelProvider();
  }

  @Override
  protected boolean winogradWeightGradient(MapShape shape, int outputs) {
    return WeightGradient.of(shape, outputs) instanceof WinogradWeightGradient;
  }
}
