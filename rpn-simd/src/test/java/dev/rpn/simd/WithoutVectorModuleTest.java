package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.InferenceKernelsContract;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Under the profile {@code widths}, in a run without {@code --add-modules jdk.incubator.vector}:
 * what is chosen then passes the same contract.
 */
@EnabledIfSystemProperty(named = "rpn.test.vectorModule", matches = "absent")
class WithoutVectorModuleTest extends InferenceKernelsContract {
  private static final List<LogRecord> LOGGED = new ArrayList<>();

  /** Held, or the handler goes with it. */
  private static final Logger LOGGER = Logger.getLogger(Kernels.class.getName());

  /** Providers are looked for once in a process: listen before anyone asks. */
  @BeforeAll
  static void listen() {
    LOGGER.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord logged) {
            LOGGED.add(logged);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
    Kernels.chosen();
  }

  @Override
  protected KernelProvider provider() {
    return Kernels.chosen();
  }

  @Test
  void theScalarKernelsAreChosen() {
    assertThat(ModuleLayer.boot().findModule("jdk.incubator.vector")).isEmpty();
    assertThat(Kernels.chosen().name()).isEqualTo("scalar");
    assertThat(Kernels.chosen().vectorBits()).isEqualTo(Float.SIZE);
    assertThat(Kernels.available()).containsExactly(Kernels.chosen());
  }

  @Test
  void oneSentenceSaysWhyAndOneLineIsLogged() {
    assertThat(Kernels.refused())
        .containsExactly(
            "the Vector API is missing (start java with --add-modules jdk.incubator.vector)");
    assertThat(LOGGED).hasSize(1);
  }
}
