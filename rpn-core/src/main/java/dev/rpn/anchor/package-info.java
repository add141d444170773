/**
 * Anchors, boxes, the coder between boxes and deltas, and the conventions of the systems that
 * weights come from.
 */
@NullMarked
package dev.rpn.anchor;

import org.jspecify.annotations.NullMarked;
