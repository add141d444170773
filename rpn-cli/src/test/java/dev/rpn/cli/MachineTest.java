package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Commands that look at the machine. */
class MachineTest {
  @Test
  void benchHasTheContractsFields() {
    Rpn.Result result =
        Rpn.run(
            "bench",
            "--height",
            8,
            "--width",
            8,
            "--channels",
            16,
            "--threads",
            2,
            "--kernels",
            "scalar",
            "--seconds",
            0.1,
            "--json",
            "-");
    assertThat(result.code()).as(result.err()).isZero();
    JsonNode tree = JsonMapper.shared().readTree(result.out());
    assertThat(tree.propertyNames())
        .contains(
            "kernels",
            "threads",
            "median_ms",
            "p99_ms",
            "calls",
            "bytes_per_call",
            "direct_gflops",
            "peak_gflops");
    assertThat(tree.get("kernels").asString()).isEqualTo("scalar");
    assertThat(tree.get("threads").asInt()).isEqualTo(2);
    double median = tree.get("median_ms").asDouble();
    assertThat(median).isPositive().isLessThanOrEqualTo(tree.get("p99_ms").asDouble());
    assertThat(tree.get("direct_gflops").asDouble())
        .isCloseTo(
            2.0 * 9 * 64 * 16 * 16 / median / 1e6,
            org.assertj.core.data.Percentage.withPercentage(0.01));
    assertThat(tree.get("peak_gflops").asDouble()).isPositive();
    assertThat(tree.get("calls").asInt()).isGreaterThanOrEqualTo(5);
  }

  @Test
  void doctorFindsThisMachineWell() {
    Rpn.Result result = Rpn.run("doctor");
    assertThat(result.out()).contains("JDK", "chosen", "scalar", "self-check", "All is well.");
    assertThat(result.code()).isZero();
  }

  @Test
  void doctorSaysWhatIsWrong() {
    System.setProperty("rpn.kernels", "quantum");
    try {
      Rpn.Result result = Rpn.run("doctor");
      assertThat(result.code()).isEqualTo(1);
      assertThat(result.out()).contains("WRONG: kernels: no 'quantum'");
    } finally {
      System.clearProperty("rpn.kernels");
    }
  }
}
