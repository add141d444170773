package dev.rpn.cli;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Whether this machine can run the kernels well. */
@Command(
    name = "doctor",
    description =
        "Check this machine: the JDK, the kernels that are chosen and why, and whether they compute"
            + " what the definition says. Exit code 1 where something is wrong.",
    footer = {"Example:", "  rpn doctor"})
final class DoctorCommand extends Subcommand {
  private static final int NEEDED = 25;

  private final List<String> wrong = new ArrayList<>();

  @Override
  boolean run() {
    machine();
    compiler();
    @Nullable KernelProvider chosen = kernels();
    for (KernelProvider provider : Kernels.available()) {
      check(provider);
    }
    for (String reason : Kernels.refused()) {
      line("refused", "kernels: " + reason);
      wrong.add("kernels refused: " + reason);
    }
    out().println();
    if (chosen != null && wrong.isEmpty()) {
      out().println("All is well.");
    }
    wrong.forEach(what -> out().println("WRONG: " + what));
    return wrong.isEmpty();
  }

  private void line(String name, String text) {
    out().printf(Locale.ROOT, "%-12s%s%n", name, text);
  }

  private void machine() {
    Runtime runtime = Runtime.getRuntime();
    line(
        "JDK",
        Runtime.version()
            + ", "
            + System.getProperty("java.vendor")
            + " ("
            + System.getProperty("java.home")
            + ")");
    if (Runtime.version().feature() < NEEDED) {
      wrong.add("JDK: expected " + NEEDED + " or later, got " + Runtime.version().feature());
    }
    line(
        "machine",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
            + ", "
            + runtime.availableProcessors()
            + " processors, heap up to "
            + runtime.maxMemory() / (1 << 20)
            + " MiB");
  }

  /** Without the optimising compiler every kernel is a hundred times slower. */
  private void compiler() {
    String mode = System.getProperty("java.vm.info", "");
    line("compiler", mode.isEmpty() ? "unknown" : mode);
    if (mode.contains("interpreted")) {
      wrong.add("the compiler is switched off (-Xint): kernels are hundreds of times slower");
    } else if (mode.contains("emulated-client")) {
      wrong.add("the optimising compiler is switched off: kernels are many times slower");
    }
  }

  private @Nullable KernelProvider kernels() {
    @Nullable String asked = System.getProperty(Kernels.PROPERTY);
    try {
      KernelProvider chosen = Kernels.chosen();
      line(
          "chosen",
          chosen.name()
              + (asked == null
                  ? ": the best that works here"
                  : ": asked for with -D" + Kernels.PROPERTY));
      return chosen;
    } catch (IllegalArgumentException e) {
      wrong.add(e.getMessage() + " (asked for with -D" + Kernels.PROPERTY + ")");
      return null;
    }
  }

  private void check(KernelProvider provider) {
    String facts =
        provider.vectorBits()
            + " bits a vector, "
            + (provider.fused() ? "fused multiply-add" : "no fused multiply-add");
    String result;
    try {
      double error = SelfCheck.error(provider, Runtime.getRuntime().availableProcessors());
      result = SelfCheck.describe(error);
      if (!SelfCheck.passes(error)) {
        wrong.add(provider.name() + " kernels compute something else: " + result);
      }
    } catch (RuntimeException | LinkageError | AssertionError e) {
      result = e.toString();
      wrong.add(provider.name() + " kernels fail: " + e);
    }
    line(provider.name(), facts + "; self-check: " + result);
  }
}
