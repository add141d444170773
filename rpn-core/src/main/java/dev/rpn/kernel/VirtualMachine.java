package dev.rpn.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** What the virtual machine says of itself. */
final class VirtualMachine {
  /** HotSpot's level of C2, the compiler that knows the Vector API. */
  private static final int C2 = 4;

  private VirtualMachine() {}

  /** The value of a HotSpot option; empty where there is no such option or no HotSpot. */
  private static Optional<String> option(String name) {
    try {
      var bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return bean == null ? Optional.empty() : Optional.of(bean.getVMOption(name).getValue());
    } catch (LinkageError | RuntimeException unknown) {
      return Optional.empty();
    }
  }

  /** Whether {@link Math#fma(float, float, float)} is one instruction; assumed where unknown. */
  static boolean fusesMultiplyAdd() {
    return option("UseFMA").map(Boolean::parseBoolean).orElse(true);
  }

  /**
   * Why vectors would be objects and every operation on them a call, hundreds of times slower than
   * plain Java; empty where a compiler turns them into instructions, or where that is unknown.
   */
  static Optional<String> objectionToVectors() {
    if (System.getProperty("java.vm.info", "").contains("interpreted mode")) {
      return Optional.of("this virtual machine only interprets");
    }
    if (option("TieredStopAtLevel").map(Integer::parseInt).orElse(C2) < C2) {
      return Optional.of("the optimising compiler is switched off (TieredStopAtLevel)");
    }
    if (!option("EnableVectorSupport").map(Boolean::parseBoolean).orElse(true)) {
      return Optional.of("the compiler's vector support is switched off (EnableVectorSupport)");
    }
    return Optional.empty();
  }
}
