package dev.rpn.kernel;

/**
 * Multiply-add that is fused where the processor fuses it. Without the instruction {@link
 * Math#fma(float, float, float)} falls back to BigDecimal, a thousand times slower than a product
 * and a sum: there every implementation rounds twice instead, all alike.
 */
public final class Fma {
  /** Whether products are fused in this process. */
  public static final boolean FUSED = VirtualMachine.fusesMultiplyAdd();

  private Fma() {}

  /** {@code a * b + c}, rounded once where {@link #FUSED}. */
  public static float of(float a, float b, float c) {
    return FUSED ? Math.fma(a, b, c) : a * b + c;
  }
}
