package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.rpn.kernel.KernelProvider;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Under the profile {@code widths}, which runs all tests at one width after the other: that a run
 * had the width it was meant to have.
 */
@EnabledIfSystemProperty(named = "rpn.test.vectorBits", matches = "\\d+")
class VectorWidthTest {
  private final KernelProvider provider = new SimdKernelProvider();

  /**
   * The virtual machine lowers UseAVX to what the processor has; what is left then is tested by
   * another run.
   */
  @Test
  void hasTheWidthThatTheRunIsFor() {
    String wanted = System.getProperty("rpn.test.useAvx");
    if (wanted != null) {
      assumeThat(option("UseAVX"))
          .as("-XX:UseAVX=%s is more than this processor has: nothing new to test", wanted)
          .isEqualTo(wanted);
    }
    assertThat(provider.vectorBits()).isEqualTo(Integer.getInteger("rpn.test.vectorBits"));
  }

  @Test
  void fusesProductsExactlyWhereTheVirtualMachineDoes() {
    assertThat(provider.fused()).isEqualTo(Boolean.valueOf(option("UseFMA")));
  }

  private static String option(String name) {
    try {
      return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .getVMOption(name)
          .getValue();
    } catch (IllegalArgumentException notThisProcessor) {
      return "unknown";
    }
  }
}
