import dev.rpn.kernel.KernelProvider;
import dev.rpn.simd.SimdKernelProvider;

/** The kernel contract with the Vector API. */
module dev.rpn.simd {
  requires static org.jspecify;
  requires dev.rpn.core;
  requires jdk.incubator.vector;

  provides KernelProvider with
      SimdKernelProvider;
}
