/**
 * Training a proposer and judging it: targets, sampling, gradients, Adam, checkpoints, evaluation.
 */
@NullMarked
package dev.rpn.train;

import org.jspecify.annotations.NullMarked;
