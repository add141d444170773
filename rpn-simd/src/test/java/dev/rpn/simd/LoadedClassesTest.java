package dev.rpn.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program that uses memory of another kind for the first time loads no class that compiled
 * kernels were sure not to meet; else C2 throws all of them away. In a process of its own, because
 * a class is loaded once.
 */
class LoadedClassesTest {
  private static final String READY = "kernels are ready";
  private static final String USED = "memory was used";
  private static final Pattern LOADED =
      Pattern.compile(
          "jdk\\.internal\\.foreign\\.(\\w*MemorySegmentImpl(\\$Of\\w+)?"
              + "|\\w*Session(\\$HeapSession)?) source");

  @TempDir private Path directory;

  /** The program. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println(new SimdKernelProvider().name() + ": " + READY);
      long bytes = MemorySegment.ofArray(new byte[1]).byteSize();
      bytes += MemorySegment.ofArray(new float[1]).byteSize();
      bytes += MemorySegment.ofArray(new int[1]).byteSize();
      bytes += Arena.ofAuto().allocate(1).byteSize();
      try (Arena arena = Arena.ofConfined();
          Arena shared = Arena.ofShared();
          FileChannel file = FileChannel.open(Path.of(arguments[0]))) {
        bytes += shared.allocate(1).byteSize();
        bytes += file.map(MapMode.READ_ONLY, 0, 1, arena).byteSize();
      }
      System.out.println(bytes + " bytes: " + USED);
    }
  }

  @Test
  @Timeout(60)
  void otherMemoryBringsNoClassThatKernelsMightMeet() throws Exception {
    Path file = Files.write(directory.resolve("mapped"), new byte[1]);
    List<String> lines =
        JavaProcess.run(List.of("-Xlog:class+load"), Program.class, file.toString());
    int ready = indexOf(lines, READY);
    int used = indexOf(lines, USED);
    assertThat(lines.subList(0, ready)).anyMatch(line -> LOADED.matcher(line).find());
    assertThat(lines.subList(ready, used)).noneMatch(line -> LOADED.matcher(line).find());
  }

  private static int indexOf(List<String> lines, String part) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(part)) {
        return i;
      }
    }
    throw new AssertionError("expected a line with '" + part + "', got " + lines);
  }
}
