package dev.rpn.model;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;

/**
 * Everything that turns a picture or its feature maps into proposals: what one model file holds.
 *
 * @param network layers and weights
 * @param anchors the boxes that deltas refer to
 * @param profile the numeric conventions that the weights were trained under
 * @param preprocessing how a picture becomes the network's input
 */
public record ProposalModel(
    Network network, AnchorRecipe anchors, Profile profile, Preprocessing preprocessing) {
  /**
   * @throws ModelMismatchException if the recipe does not give the head's number of anchors
   */
  public ProposalModel {
    int expected = network.architecture().head().anchors();
    if (anchors.perPosition() != expected) {
      throw new ModelMismatchException(
          "anchors: the head expects "
              + expected
              + " a position, the recipe gives "
              + anchors.perPosition());
    }
  }
}
