package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernels;
import java.util.List;
import org.junit.jupiter.api.Test;

class MachinePeakTest {
  /** Does so many multiply-adds in a round, which takes so long. */
  private record Pace(long multiplyAddsARound, long nanosARound) implements KernelProvider {
    @Override
    public String name() {
      return "pace";
    }

    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int vectorBits() {
      return 32;
    }

    @Override
    public boolean fused() {
      return true;
    }

    @Override
    public InferenceKernels inference() {
      throw new UnsupportedOperationException();
    }

    @Override
    public TrainingKernels training() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long multiplyAdds(long rounds) {
      long end = System.nanoTime() + rounds * nanosARound;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      return rounds * multiplyAddsARound;
    }
  }

  /** More rounds are not more multiply-adds. */
  @Test
  void peakIsOfTheKernelsThatDoMostMultiplyAdds() throws InterruptedException {
    var manyShortRounds = new Pace(1_000, 10_000);
    var fewLongRounds = new Pace(400_000, 100_000);
    var peak = new MachinePeak(1, List.of(manyShortRounds, fewLongRounds));
    peak.measure(3);
    // The first can't do more than 0.2 however quiet the machine; the second does up to 8.
    assertThat(peak.gigaflops()).isGreaterThan(0.2);
  }
}
