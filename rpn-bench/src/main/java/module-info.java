/** Benchmarks. */
module dev.rpn.bench {
  requires static org.jspecify;
  requires dev.rpn.core;
  requires dev.rpn.train;
  requires jmh.core;
}
