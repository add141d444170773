package dev.rpn.kernel;

/** How a 3x3 convolution is computed (Lavin and Gray, 'Fast Algorithms for CNNs', 2015). */
public enum Algorithm {
  /** Winograd F(2x2,3x3): 16 products for 36, exact on small integers. The default. */
  F2,
  /** Winograd F(4x4,3x3): 36 products for 144, about ten times the rounding error. */
  F4
}
