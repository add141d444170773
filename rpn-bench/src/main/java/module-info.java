/** Benchmarks. */
module dev.rpn.bench {
  requires static org.jspecify;
  requires dev.rpn.core;
  requires jmh.core;
}
