package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.model.CompiledNetwork;
import dev.rpn.model.Network;

/**
 * The seed's {@code model.fit} on stored feature maps: every step is one update on the whole batch.
 */
public final class FitSession implements AutoCloseable {
  private final CompiledNetwork compiled;
  private long steps;

  /**
   * Allocates everything that the steps need.
   *
   * @param compiled starting weights, optimiser and losses; not changed
   * @param data the batch; read at every step
   * @throws IllegalArgumentException if the data does not fit the network
   */
  public FitSession(
      CompiledNetwork compiled, FitData data, KernelProvider kernels, Workers workers) {
    this.compiled = compiled;
    data.checkFits(compiled.network().architecture().head());
  }

  /**
   * One update.
   *
   * @throws TrainingDivergedException if a loss, gradient or weight is not finite; the weights stay
   */
  public void step() {
    steps++;
    if (steps > 0) {
      throw new UnsupportedOperationException("steps come with the gradients");
    }
  }

  /** Steps done. */
  public long steps() {
    return steps;
  }

  /** The total loss before the last step's update. */
  public double loss() {
    return classificationLoss() + locationLoss();
  }

  /** The classification's part of it. */
  public double classificationLoss() {
    return 0;
  }

  /** The location's part of it. */
  public double locationLoss() {
    return 0;
  }

  /** A copy of the present weights. */
  public Network network() {
    return compiled.network();
  }

  @Override
  public void close() {}
}
