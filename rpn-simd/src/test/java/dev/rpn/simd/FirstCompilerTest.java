package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The first compiler, C1, must be able to compile every kernel of the head while it counts. It
 * gives up on a method with too many accesses to memory; where it had compiled that method without
 * counting before, C2 never does, and each call takes a hundred times as long. That depends on how
 * busy the compilers are, so that it would show in some processes only.
 */
class FirstCompilerTest {
  private static final int ANCHORS = 9;

  /** Two chunks of inputs, and filters that are far; the last panel is not full. */
  private static final int INPUTS = 150;

  private static final int OUTPUTS = 140;

  /** The program. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      var shape = new MapShape(1, 10, 10, INPUTS);
      try (Arena arena = Arena.ofShared()) {
        var head =
            new HeadWeights(
                new ConvolutionWeights(
                    INPUTS,
                    OUTPUTS,
                    Segments.allocate(arena, 9L * INPUTS * OUTPUTS),
                    Segments.allocate(arena, OUTPUTS)),
                ANCHORS,
                Segments.allocate(arena, (long) OUTPUTS * ANCHORS),
                Segments.allocate(arena, ANCHORS),
                Segments.allocate(arena, 4L * OUTPUTS * ANCHORS),
                Segments.allocate(arena, 4L * ANCHORS));
        for (Algorithm algorithm : Algorithm.values()) {
          StageKernel kernel = new SimdKernelProvider().inference().head(head, algorithm);
          MemorySegment input = Segments.allocate(arena, shape.elements());
          MemorySegment output = Segments.allocate(arena, kernel.output(shape).elements());
          MemorySegment packed = arena.allocate(kernel.packedBytes(), Segments.ALIGNMENT);
          MemorySegment scratch = arena.allocate(kernel.scratchBytes(shape), Segments.ALIGNMENT);
          kernel.pack(packed, 0, 1);
          for (int call = 0; call < 10; call++) {
            kernel.run(shape, input, output, packed, scratch, 0, 1);
          }
        }
      }
    }
  }

  @Test
  @Timeout(120)
  void compilesEveryKernelOfTheHead() throws Exception {
    // At this process's width of vectors.
    List<String> options =
        Stream.concat(
                Stream.of("-Xbatch", "-XX:TieredStopAtLevel=3", "-XX:+PrintCompilation"),
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                    .filter(option -> option.startsWith("-XX:")))
            .toList();
    List<String> lines = JavaProcess.run(options, Program.class);
    Pattern product =
        Pattern.compile(
            Species.WIDE_TILE ? "FetchingProduct/\\S+::multiply" : "ProductKernel::multiply4x2");
    assertThat(lines)
        .flatExtracting(line -> product.matcher(line).results().map(MatchResult::group).toList())
        .as("every copy of the product")
        .hasSize(Species.WIDE_TILE ? 3 : 1)
        .doesNotHaveDuplicates();
    assertThat(lines).noneMatch(line -> line.contains("virtual registers"));
  }
}
