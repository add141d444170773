package dev.rpn.cli;

import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which kernels compute. */
final class KernelOptions {
  /** Those that exist; whether they work here is for {@link Kernels} to say. */
  enum Name {
    SCALAR,
    SIMD;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--kernels",
      paramLabel = "NAME",
      description =
          "scalar (plain Java) or simd (the Vector API). Without it: the best that works here.")
  private @Nullable Name name;

  /**
   * The kernels asked for.
   *
   * @throws IllegalArgumentException if they do not work here, saying why
   */
  KernelProvider provider() {
    return name == null ? Kernels.chosen() : Kernels.named(name.toString());
  }
}
