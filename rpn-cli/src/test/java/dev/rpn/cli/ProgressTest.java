package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final StringWriter shown = new StringWriter();
  private long now;

  private Progress progress(boolean terminal) {
    return new Progress(new PrintWriter(shown), "train", terminal, () -> now);
  }

  private void at(double seconds) {
    now = (long) (seconds * 1e9);
  }

  @Test
  void shortTasksAreSilent() {
    try (var progress = progress(true)) {
      at(1.9);
      progress.at(1, 2, "half");
    }
    assertThat(shown.toString()).isEmpty();
  }

  @Test
  void elsewhereALineEveryTenSeconds() {
    try (var progress = progress(false)) {
      for (int second = 0; second <= 30; second++) {
        at(second);
        progress.at(second, 120, "loss " + second);
      }
    }
    assertThat(shown.toString())
        .isEqualTo(
            """
            train   2 %  1 min 58 s left  loss 2
            train  10 %  1 min 48 s left  loss 12
            train  18 %  1 min 38 s left  loss 22
            """);
  }

  @Test
  void onATerminalOneLineIsRewrittenAndWiped() {
    try (var progress = progress(true)) {
      at(30);
      progress.at(1, 2, "");
      at(30.1);
      progress.at(1, 2, "too soon");
    }
    assertThat(shown.toString())
        .isEqualTo("\r[============            ] train  50 %  30 s left\033[K\r\033[K");
  }

  @Test
  void theFirstStepsForetellNothing() {
    try (var progress = progress(false)) {
      at(2);
      progress.at(1, 1000, "compiling");
      at(12);
      progress.at(9, 1000, "");
    }
    assertThat(shown.toString())
        .isEqualTo(
            """
            train   0 %              compiling
            train   1 %  22 min 1 s left
            """);
  }

  @Test
  void nothingDoneYetHasNoTimeLeft() {
    try (var progress = progress(false)) {
      at(5000);
      progress.at(0, 10, "starting");
      at(10_000);
      progress.at(1, 10, "");
    }
    assertThat(shown.toString())
        .startsWith("train   0 %              starting\n")
        .contains("10 %  25 h 0 min left");
  }
}
