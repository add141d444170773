package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A warm engine's calls allocate nothing on any thread, the compilers' included: the messages of a
 * class become objects when its first method is compiled. In a process of its own, because that
 * happens once, and with a head so large that it is warm before it made the calls after which the
 * virtual machine compiles what surrounds a kernel.
 */
class WarmEngineTest {
  private static final int CALLS = 500;

  /** The program: prints the bytes that its threads allocated in all calls. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      var shape = new MapShape(1, 38, 50, 512);
      Network network = Network.initialized(Architecture.of(new RpnHead(512, 9)), 1);
      var options = EngineOptions.standard().withKernels(new SimdKernelProvider()).withThreads(2);
      Tensor input = Tensor.zeros(1, 38, 50, 512);
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      try (var engine = new NetworkEngine(network, options, shape)) {
        engine.warmUp(0, shape);
        // Asked once before, so that what the question itself sets up is not counted.
        threads.getTotalThreadAllocatedBytes();
        long before = threads.getTotalThreadAllocatedBytes();
        for (int call = 0; call < CALLS; call++) {
          engine.forward(0, shape, input.data());
        }
        System.out.println(threads.getTotalThreadAllocatedBytes() - before);
      }
    }
  }

  @Test
  @Timeout(120)
  void allocatesNothing() throws Exception {
    // Its own process has no limit of the width: once is enough.
    assumeTrue(System.getProperty("rpn.test.useAvx") == null, "not at every width");
    List<String> lines = JavaProcess.run(List.of(), Program.class);
    assertThat(lines.getLast()).as("bytes of %d calls", CALLS).isEqualTo("0");
  }
}
