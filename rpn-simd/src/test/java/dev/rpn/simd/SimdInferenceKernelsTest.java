package dev.rpn.simd;

import dev.rpn.kernel.InferenceKernelsContract;
import dev.rpn.kernel.KernelProvider;

class SimdInferenceKernelsTest extends InferenceKernelsContract {
  @Override
  protected KernelProvider provider() {
    return new SimdKernelProvider();
  }
}
