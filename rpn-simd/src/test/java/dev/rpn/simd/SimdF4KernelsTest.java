package dev.rpn.simd;

import dev.rpn.kernel.F4KernelsContract;
import dev.rpn.kernel.KernelProvider;

class SimdF4KernelsTest extends F4KernelsContract {
  @Override
  protected KernelProvider provider() {
    return new SimdKernelProvider();
  }
}
