package dev.rpn.kernel;

/**
 * The logistic function {@code 1 / (1 + exp(-x))} in float32, one order of operations for every
 * implementation.
 *
 * <p>{@code exp(y) = 2^n exp(r)} with {@code n = round(y / ln 2)}, {@code r = y - n ln 2} in two
 * parts (Cody and Waite), and {@code exp(r)} on [-0.347, 0.347] by Cephes's polynomial of degree 7.
 * The argument is clamped to {@link #LIMIT}, beyond which the result is 0 or 1 to the last bit or
 * has long left float32's normal range. Error below 2 ULP of the result.
 */
public final class SigmoidPolynomial {
  /** Largest magnitude of the argument that is told apart; 2^n stays a normal float32. */
  public static final float LIMIT = 87f;

  /** 1 / ln 2. */
  public static final float LOG2E = 1.442695f;

  /** 1.5 * 2^23: adding and subtracting it rounds to the nearest integer, ties to even. */
  public static final float ROUND = 12582912f;

  /** The high part of ln 2, exact in 9 bits. */
  public static final float LN2_HIGH = 0.6933594f;

  /** ln 2 less its high part. */
  public static final float LN2_LOW = -0.00021219444f;

  /** exp(r) = 1 + r + r^2 (C0 + r (C1 + r (C2 + r (C3 + r (C4 + r C5))))). */
  public static final float C0 = 0.5f;

  /** See {@link #C0}. */
  public static final float C1 = 0.16666666f;

  /** See {@link #C0}. */
  public static final float C2 = 0.041665796f;

  /** See {@link #C0}. */
  public static final float C3 = 0.008333452f;

  /** See {@link #C0}. */
  public static final float C4 = 0.0013981999f;

  /** See {@link #C0}. */
  public static final float C5 = 0.00019875691f;

  private SigmoidPolynomial() {}

  /** The logistic function of {@code x}; NaN for NaN. */
  public static float sigmoid(float x) {
    float y = Math.max(-LIMIT, Math.min(LIMIT, -x));
    float n = (y * LOG2E + ROUND) - ROUND;
    float r = Fma.of(n, -LN2_LOW, Fma.of(n, -LN2_HIGH, y));
    float p = Fma.of(r, C5, C4);
    p = Fma.of(r, p, C3);
    p = Fma.of(r, p, C2);
    p = Fma.of(r, p, C1);
    p = Fma.of(r, p, C0);
    p = Fma.of(r * r, p, r) + 1;
    // NaN casts to 0, and p carries it on.
    float power = Float.intBitsToFloat(((int) n + 127) << 23);
    return 1 / (1 + p * power);
  }
}
