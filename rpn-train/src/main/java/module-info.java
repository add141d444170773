/** Targets, sampling, gradients, Adam, checkpoints and evaluation. */
module dev.rpn.train {
  requires static org.jspecify;
  requires transitive dev.rpn.core;
  requires transitive dev.rpn.io;

  exports dev.rpn.train;
}
