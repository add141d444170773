package dev.rpn.reference;

import dev.rpn.kernel.InferenceKernelsContract;
import dev.rpn.kernel.KernelProvider;

class ScalarInferenceKernelsTest extends InferenceKernelsContract {
  @Override
  protected KernelProvider provider() {
    return new ScalarKernelProvider();
  }
}
