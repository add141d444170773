package dev.rpn.bench.peers;

/** One engine with the head's weights and a feature map loaded, in the layout that it likes. */
interface Contender extends AutoCloseable {
  /** What the table calls it. */
  String name();

  /** Runs the whole head once: feature map to probabilities and deltas. */
  void run();

  /** The last run's probabilities and deltas, {@code (H, W, k)} and {@code (H, W, 4k)}. */
  float[][] outputs();

  @Override
  void close();
}
