package dev.rpn.kernel;

/**
 * One implementation of the kernel contract. Found by {@link java.util.ServiceLoader}; chosen by
 * {@link Kernels}.
 */
public interface KernelProvider {
  /** The name that users choose it by: {@code scalar}, {@code simd}. */
  String name();

  /** Among those that work, the highest is chosen. */
  int rank();

  /** Width of its vectors in bits; 32 where it computes value by value. */
  int vectorBits();

  /** Whether products are fused; without it the same operations round twice. */
  boolean fused();

  /** The kernels for inference. */
  InferenceKernels inference();

  /** The kernels for training. */
  TrainingKernels training();

  /**
   * Keeps the processor's multiply-add units as busy as this implementation can, without memory in
   * the way, so that a caller who takes the time knows the peak of one thread.
   *
   * @param rounds how long: a round is some thousand multiply-adds
   * @return how many were done; each is two operations
   */
  long multiplyAdds(long rounds);
}
