package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.anchor.IoU;
import dev.rpn.kernel.KernelTestSupport;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the definition, with a division for every pair. */
class SuppressionTest {
  /**
   * How a coordinate is drawn. The widths of small integers give IoUs of exactly 1/2, 3/5, ...; the
   * areas of tiny ones lose their precision.
   */
  private enum Kind {
    INTEGERS,
    REALS,
    TINY,
    HUGE
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 0.5, 0.6, 0.7, 0.999, 1})
  void keepsWhatTheDefinitionKeeps(double threshold) {
    Random random = KernelTestSupport.random("suppression " + threshold);
    for (Kind kind : Kind.values()) {
      for (float offset : new float[] {0, 1}) {
        for (int round = 0; round < 8; round++) {
          compare(threshold, kind, offset, random);
        }
      }
    }
  }

  private static void compare(double threshold, Kind kind, float offset, Random random) {
    int count = 600;
    int levels = 3;
    var suppression = new Suppression();
    suppression.reserve(levels, count);
    suppression.reset(threshold, offset);
    List<List<float[]>> kept = new ArrayList<>();
    for (int level = 0; level < levels; level++) {
      kept.add(new ArrayList<>());
    }
    for (int i = 0; i < count; i++) {
      float[] b = box(kind, random);
      int level = random.nextInt(levels);
      boolean stays =
          kept.get(level).stream()
              .noneMatch(
                  k -> IoU.of(k[0], k[1], k[2], k[3], b[0], b[1], b[2], b[3], offset) > threshold);
      if (stays) {
        kept.get(level).add(b);
      }
      assertThat(suppression.keep(level, b[0], b[1], b[2], b[3]))
          .as("%s, offset %s, box %d", kind, offset, i)
          .isEqualTo(stays);
    }
  }

  private static float[] box(Kind kind, Random random) {
    float x = coordinate(kind, random);
    float y = coordinate(kind, random);
    return new float[] {x, y, x + coordinate(kind, random), y + coordinate(kind, random)};
  }

  private static float coordinate(Kind kind, Random random) {
    return switch (kind) {
      case INTEGERS -> random.nextInt(12);
      case REALS -> 50 * random.nextFloat();
      case TINY -> Math.scalb(8 * random.nextFloat(), -75);
      case HUGE -> Math.scalb(random.nextFloat(), 62);
    };
  }

  @Test
  void comparesWithTheThresholdInDouble() {
    // The IoU is 7/10, whose float is 0.69999999: not above the double 0.7.
    var suppression = new Suppression();
    suppression.reserve(1, 2);
    suppression.reset(0.7, 0);
    assertThat(suppression.keep(0, 0, 0, 10, 1)).isTrue();
    assertThat(suppression.keep(0, 0, 0, 7, 1)).isTrue();
    suppression.reset(Math.nextDown((double) 0.7f), 0);
    assertThat(suppression.keep(0, 0, 0, 10, 1)).isTrue();
    assertThat(suppression.keep(0, 0, 0, 7, 1)).isFalse();
  }
}
