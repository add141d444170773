package dev.rpn.kernel;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The one place that chooses an implementation of the kernel contract. */
public final class Kernels {
  /** System property that names the implementation: {@code scalar} or {@code simd}. */
  public static final String PROPERTY = "rpn.kernels";

  private static final System.Logger LOG = System.getLogger(Kernels.class.getName());

  private Kernels() {}

  /** What was found once and for all: those that work, best first, and why others do not. */
  private static final class Found {
    static final List<KernelProvider> PROVIDERS;
    static final List<String> REFUSED = new ArrayList<>();

    static {
      var working = new ArrayList<KernelProvider>();
      Iterator<KernelProvider> iterator =
          ServiceLoader.load(KernelProvider.class, Kernels.class.getClassLoader()).iterator();
      while (true) {
        try {
          if (!iterator.hasNext()) {
            break;
          }
          working.add(iterator.next());
        } catch (ServiceConfigurationError | LinkageError e) {
          // Without --add-modules jdk.incubator.vector on the class path, the provider's
          // constructor
          // throws NoClassDefFoundError.
          Throwable cause = e.getCause() == null ? e : e.getCause();
          REFUSED.add(reason(cause));
          LOG.log(
              System.Logger.Level.WARNING,
              "a kernel provider is not available, continuing without it: {0}",
              reason(cause));
        }
      }
      working.sort(Comparator.comparingInt(KernelProvider::rank).reversed());
      PROVIDERS = List.copyOf(working);
    }

    private static String reason(Throwable cause) {
      String text = String.valueOf(cause.getMessage());
      return text.replace('/', '.').contains("jdk.incubator.vector")
          ? "the Vector API is missing (start java with --add-modules jdk.incubator.vector)"
          : text;
    }
  }

  /** All that work, best first. */
  public static List<KernelProvider> available() {
    return Found.PROVIDERS;
  }

  /** Why providers that were found do not work; empty where all do. */
  public static List<String> refused() {
    return List.copyOf(Found.REFUSED);
  }

  /** The first of those found that passes {@link KernelCheck}, once and for all. */
  private static final class Checked {
    static final KernelProvider BEST = best();

    private static KernelProvider best() {
      List<KernelProvider> providers = Found.PROVIDERS;
      KernelProvider plain = providers.get(providers.size() - 1);
      for (KernelProvider provider : providers.subList(0, providers.size() - 1)) {
        Optional<String> objection = KernelCheck.objection(provider, plain);
        if (objection.isEmpty()) {
          return provider;
        }
        LOG.log(
            System.Logger.Level.WARNING,
            "the {0} kernels are not used: {1}",
            provider.name(),
            objection.get());
      }
      return plain;
    }
  }

  /**
   * What {@code -Drpn.kernels} names, unchecked; else the best that works, after one comparison
   * with the plain kernels on a small input.
   *
   * @throws IllegalArgumentException if the property names none that works
   */
  public static KernelProvider chosen() {
    @Nullable String name = System.getProperty(PROPERTY);
    return name == null ? Checked.BEST : named(name);
  }

  /**
   * The implementation of that name.
   *
   * @throws IllegalArgumentException if there is none or it does not work, saying why
   */
  public static KernelProvider named(String name) {
    for (KernelProvider provider : Found.PROVIDERS) {
      if (provider.name().equals(name)) {
        return provider;
      }
    }
    throw new IllegalArgumentException(
        "kernels: no '"
            + name
            + "': available are "
            + Found.PROVIDERS.stream().map(KernelProvider::name).collect(Collectors.joining(", "))
            + (Found.REFUSED.isEmpty() ? "" : "; " + String.join("; ", Found.REFUSED)));
  }
}
