package dev.rpn.loss;

/** A loss: a value and its gradient. */
public interface Loss {}
