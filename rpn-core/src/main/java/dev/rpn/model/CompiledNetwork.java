package dev.rpn.model;

import dev.rpn.loss.Loss;
import java.util.List;
import java.util.Map;

/**
 * A network ready to train on given targets.
 *
 * @param network the starting weights
 * @param optimizer how a gradient becomes an update
 * @param losses from output layer to its loss
 */
public record CompiledNetwork(Network network, Optimizer optimizer, Map<String, Loss> losses) {
  private static final List<String> OUTPUTS = List.of(RpnHead.CLASSIFICATION, RpnHead.LOCATION);

  /**
   * @throws IllegalArgumentException if a name is not an output's, or there is no loss
   */
  public CompiledNetwork {
    losses = Map.copyOf(losses);
    if (losses.isEmpty()) {
      throw new IllegalArgumentException("losses: expected at least one of " + OUTPUTS);
    }
    for (String name : losses.keySet()) {
      if (!OUTPUTS.contains(name)) {
        throw new IllegalArgumentException(
            "losses: no output layer '" + name + "': expected one of " + OUTPUTS);
      }
    }
  }
}
