package dev.rpn.engine;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How an engine computes; none of it changes a result but the algorithm, and that within its error
 * bound.
 *
 * @param kernels the implementation
 * @param threads the caller and its helpers, at least 1
 * @param executor where helpers run; null for own threads
 * @param algorithm of the 3x3 convolutions
 */
public record EngineOptions(
    KernelProvider kernels, int threads, @Nullable Executor executor, Algorithm algorithm) {
  /**
   * @throws IllegalArgumentException if threads is below 1
   */
  public EngineOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
    }
  }

  /** The best kernels that work (see {@link Kernels#chosen}), one thread, F(2x2,3x3). */
  public static EngineOptions standard() {
    return new EngineOptions(Kernels.chosen(), 1, null, Algorithm.F2);
  }

  /** The same with other kernels. */
  public EngineOptions withKernels(KernelProvider other) {
    return new EngineOptions(other, threads, executor, algorithm);
  }

  /** The same with so many threads, the caller's among them. */
  public EngineOptions withThreads(int count) {
    return new EngineOptions(kernels, count, executor, algorithm);
  }

  /** The same with the helpers run by the caller's executor instead of own threads. */
  public EngineOptions withExecutor(Executor other) {
    return new EngineOptions(kernels, threads, other, algorithm);
  }

  /** The same with another algorithm. */
  public EngineOptions withAlgorithm(Algorithm other) {
    return new EngineOptions(kernels, threads, executor, other);
  }
}
