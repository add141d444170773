package dev.rpn.engine;

import dev.rpn.anchor.Box;

/**
 * A box that may hold an object.
 *
 * @param box in pixels of the network's picture
 * @param score probability that it does
 * @param level whose anchor it was
 * @param anchor the anchor's index in its level: {@code (y * width + x) * k + anchor}
 */
public record Proposal(Box box, float score, int level, int anchor) {}
