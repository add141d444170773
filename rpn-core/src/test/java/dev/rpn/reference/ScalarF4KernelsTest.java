package dev.rpn.reference;

import dev.rpn.kernel.F4KernelsContract;
import dev.rpn.kernel.KernelProvider;

class ScalarF4KernelsTest extends F4KernelsContract {
  @Override
  protected KernelProvider provider() {
    return new ScalarKernelProvider();
  }
}
