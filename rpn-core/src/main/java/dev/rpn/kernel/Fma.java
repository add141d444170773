package dev.rpn.kernel;

import java.lang.management.ManagementFactory;

/**
 * Multiply-add that is fused where the processor fuses it. Without the instruction {@link
 * Math#fma(float, float, float)} falls back to BigDecimal, a thousand times slower than a product
 * and a sum: there every implementation rounds twice instead, all alike.
 */
public final class Fma {
  /** Whether products are fused in this process. */
  public static final boolean FUSED = detect();

  private Fma() {}

  /** {@code a * b + c}, rounded once where {@link #FUSED}. */
  public static float of(float a, float b, float c) {
    return FUSED ? Math.fma(a, b, c) : a * b + c;
  }

  private static boolean detect() {
    try {
      var bean =
          ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class);
      return bean == null || Boolean.parseBoolean(bean.getVMOption("UseFMA").getValue());
    } catch (LinkageError | RuntimeException notHotSpot) {
      // Another virtual machine, or jlinked without jdk.management: assume a processor of this
      // decade.
      return true;
    }
  }
}
