package dev.rpn.cli;

import dev.rpn.anchor.Box;
import dev.rpn.io.picture.Picture;
import java.util.List;

/**
 * A drawn picture and where its objects are.
 *
 * @param picture what is seen
 * @param truths a box around each object, in pixels
 */
record Scene(Picture picture, List<Box> truths) {
  Scene {
    truths = List.copyOf(truths);
  }
}
