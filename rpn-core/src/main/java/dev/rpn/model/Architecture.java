package dev.rpn.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The whole network: an optional backbone and the head on its feature map.
 *
 * @param backbone what makes the feature map of a picture; empty where feature maps come from
 *     elsewhere
 * @param head the proposal head
 */
public record Architecture(Optional<Backbone> backbone, RpnHead head) {
  /**
   * @throws IllegalArgumentException if the backbone's channels are not the head's
   */
  public Architecture {
    if (backbone.isPresent() && backbone.get().channels() != head.channels()) {
      throw new IllegalArgumentException(
          "head: channels: expected the backbone's "
              + backbone.get().channels()
              + ", got "
              + head.channels());
    }
  }

  /** A head alone. */
  public static Architecture of(RpnHead head) {
    return new Architecture(Optional.empty(), head);
  }

  /** A backbone and a head. */
  public static Architecture of(Backbone backbone, RpnHead head) {
    return new Architecture(Optional.of(backbone), head);
  }

  /** Every weight, backbone first, in the order of execution. */
  public List<TensorSpec> weights() {
    var all = new ArrayList<TensorSpec>();
    backbone.ifPresent(b -> b.layers().forEach(layer -> all.addAll(layer.weights())));
    all.addAll(head.weights());
    return all;
  }

  /** The number of trainable values; every one is. */
  public long parameters() {
    return weights().stream().mapToLong(TensorSpec::size).sum();
  }

  /** Keras's table: layer and type, output shape, parameters, what it is connected to; totals. */
  public String summary() {
    return Summary.of(this);
  }
}
