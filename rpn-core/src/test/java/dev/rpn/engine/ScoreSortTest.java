package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.KernelTestSupport;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScoreSortTest {
  @ParameterizedTest
  @EnumSource(KernelTestSupport.Fill.class)
  void isStableAndDescending(KernelTestSupport.Fill fill) {
    Random random = KernelTestSupport.random("sort " + fill);
    var sort = new ScoreSort();
    for (int round = 0; round < 100; round++) {
      int count = random.nextInt(3000);
      float[] scores = KernelTestSupport.fill(fill, count, random);
      sort.reserve(count);
      int[] order = Arrays.copyOf(sort.sort(scores, count), count);
      int[] expected =
          IntStream.range(0, count)
              .boxed()
              .sorted(Comparator.comparing((Integer i) -> -scores[i] + 0f))
              .mapToInt(i -> i)
              .toArray();
      assertThat(order).as("round %d", round).isEqualTo(expected);
    }
  }
}
