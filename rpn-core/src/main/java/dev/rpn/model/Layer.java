package dev.rpn.model;

import java.util.List;

/** One step of a backbone: a specification, without weights. */
public sealed interface Layer permits Conv3x3, MaxPool2x2 {
  /** The layer's name, under which its weights are stored. */
  String name();

  /** Channels of the result, given those of the input. */
  int outputs(int inputs);

  /** The weights that the layer needs, in the order kernel, bias. */
  List<TensorSpec> weights();
}
