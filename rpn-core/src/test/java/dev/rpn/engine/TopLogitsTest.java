package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.KernelTestSupport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TopLogitsTest {
  @ParameterizedTest
  @EnumSource(KernelTestSupport.Fill.class)
  void areThoseOfAFullSort(KernelTestSupport.Fill fill) {
    Random random = KernelTestSupport.random("top " + fill);
    var top = new TopLogits();
    for (int round = 0; round < 200; round++) {
      int count = 1 + random.nextInt(2000);
      int k = 1 + random.nextInt(count + 10);
      float[] logits = KernelTestSupport.fill(fill, count, random);
      assertThat(select(top, logits, k)).as("round %d", round).isEqualTo(expected(logits, k));
    }
  }

  /** Boxed floats order -0 below 0 and NaN above all; neither occurs in a fill. */
  private static int[] expected(float[] logits, int k) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparing((Integer i) -> -logits[i] + 0f))
        .limit(k)
        .mapToInt(i -> i)
        .sorted()
        .toArray();
  }

  private static int[] select(TopLogits top, float[] logits, int k) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = KernelTestSupport.input(arena, logits);
      top.reserve(logits.length);
      top.load(segment, 0, logits.length);
      int[] chosen = new int[Math.min(k, logits.length)];
      return Arrays.copyOf(chosen, top.select(k, chosen));
    }
  }

  @Test
  void ofEqualOnesAreTheFirst() {
    assertThat(select(new TopLogits(), new float[] {1, 2, 1, 1, 2}, 3)).containsExactly(0, 1, 4);
    assertThat(select(new TopLogits(), new float[] {-0f, 0, -0f, 0}, 2)).containsExactly(0, 1);
  }

  @Test
  void areFiniteAndNotExcluded() {
    float inf = Float.POSITIVE_INFINITY;
    float[] logits = {Float.NaN, 1, inf, -1, -inf, -Float.MAX_VALUE, Float.MAX_VALUE};
    var top = new TopLogits();
    assertThat(select(top, logits, 7)).containsExactly(1, 3, 5, 6);
    assertThat(select(top, logits, 1)).containsExactly(6);
    top.exclude(6);
    int[] chosen = new int[2];
    assertThat(top.select(2, chosen)).isEqualTo(2);
    assertThat(chosen).containsExactly(1, 3);
    assertThat(select(top, new float[] {Float.NaN}, 1)).isEmpty();
  }
}
