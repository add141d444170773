package dev.rpn.io.weights;

import dev.rpn.anchor.Profile;
import java.util.List;

/**
 * Systems on torch whose heads are known by their tensors' names.
 *
 * <p>Both order a head's channels as the engine does: k scores, and 4k deltas of which an anchor's
 * four (dx, dy, dw, dh) are contiguous. They differ in which anchor is the first: torchvision runs
 * through sizes within ratios, detectron2 through ratios within sizes. Under the system's own
 * profile the engine lays out its anchors in the same order ({@link Profile.Cells}), so that no
 * channel is permuted: the profile has to travel with the weights instead.
 *
 * @param profile the conventions that its weights were trained under
 * @param convolution what the 3x3 layer may be called
 * @param classification what the layer of scores is called
 * @param location what the layer of deltas is called
 */
record TorchSystem(
    Profile profile, List<String> convolution, String classification, String location) {
  /**
   * torchvision's {@code RPNHead}, whose 3x3 layer was renamed in 0.13, and detectron2's {@code
   * StandardRPNHead}.
   */
  static final List<TorchSystem> ALL =
      List.of(
          new TorchSystem(
              Profile.TORCHVISION, List.of("conv.0.0", "conv"), "cls_logits", "bbox_pred"),
          new TorchSystem(
              Profile.DETECTRON2, List.of("conv"), "objectness_logits", "anchor_deltas"));
}
