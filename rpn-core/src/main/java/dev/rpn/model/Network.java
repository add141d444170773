package dev.rpn.model;

import dev.rpn.loss.Loss;
import java.util.Map;

/**
 * An architecture with its weights: maps a feature map (or, with a backbone, a picture) to logits
 * and deltas.
 *
 * @param architecture the layers
 * @param weights their values
 */
public record Network(Architecture architecture, Weights weights) {
  /**
   * @throws ModelMismatchException if the weights are not the architecture's
   */
  public Network {
    weights = Weights.of(architecture, weights.asMap());
  }

  /** A network with fresh weights; see {@link Initializer}. */
  public static Network initialized(Architecture architecture, long seed) {
    return new Network(architecture, Initializer.initialize(architecture, seed));
  }

  /**
   * Binds an optimiser and losses to the network, as Keras's {@code model.compile} does.
   *
   * @param optimizer how a gradient becomes an update
   * @param losses from output layer ({@code classification}, {@code location}) to its loss; the
   *     total is their plain sum, an output without a loss does not train
   * @throws IllegalArgumentException if a name is not an output's, or the map is empty
   */
  public CompiledNetwork compile(Optimizer optimizer, Map<String, Loss> losses) {
    return new CompiledNetwork(this, optimizer, losses);
  }
}
