package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rpn.model.Architecture;
import dev.rpn.model.RpnHead;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  private static final Architecture ARCHITECTURE = Architecture.of(new RpnHead(8, 3));

  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  @TempDir private Path directory;
  private final Arena arena = Arena.ofShared();
  private final Parameters parameters =
      new Parameters(ARCHITECTURE, TrainingOptions.plain(), arena);

  @AfterEach
  void free() {
    arena.close();
  }

  /** Every block filled with the number of a step. */
  private static void fill(Parameters parameters, long step) {
    for (MemorySegment block :
        List.of(parameters.weights(), parameters.means(), parameters.squares())) {
      for (long i = 0; i < block.byteSize() / Float.BYTES; i++) {
        block.setAtIndex(ValueLayout.JAVA_FLOAT, i, step + i * 1e-3f);
      }
    }
  }

  private static Checkpoint at(long step) {
    List<StepLoss> losses = step == 0 ? List.of() : List.of(new StepLoss(step, 0.25 * step, 0.5));
    return new Checkpoint("recipe", step, (int) step, 3, 1.5, losses);
  }

  @Test
  void whatIsReadIsWhatWasWritten() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    assertThat(checkpoints.read("recipe", parameters)).isNull();
    fill(parameters, 7);
    checkpoints.write(at(7), parameters);
    Parameters other = new Parameters(ARCHITECTURE, TrainingOptions.plain(), arena);
    assertThat(checkpoints.read("recipe", other)).isEqualTo(at(7));
    assertThat(other.weights().mismatch(parameters.weights())).isEqualTo(-1);
    assertThat(other.means().mismatch(parameters.means())).isEqualTo(-1);
    assertThat(other.squares().mismatch(parameters.squares())).isEqualTo(-1);
  }

  @Test
  void theAverageIsKeptToo() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    TrainingOptions options = TrainingOptions.plain().withAveraging(0.5);
    Parameters averaged = new Parameters(ARCHITECTURE, options, arena);
    MemorySegment block = Objects.requireNonNull(averaged.averages());
    block.setAtIndex(ValueLayout.JAVA_FLOAT, 11, 4.5f);
    checkpoints.write(at(7), averaged);
    Parameters other = new Parameters(ARCHITECTURE, options, arena);
    assertThat(checkpoints.read("recipe", other)).isEqualTo(at(7));
    assertThat(Objects.requireNonNull(other.averages()).mismatch(block)).isEqualTo(-1);
  }

  @Test
  void keepsTheLastTwoAndNothingElse() throws IOException {
    Files.createFile(directory.resolve("other.step-000000001.checkpoint"));
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    for (long step = 1; step <= 12; step++) {
      checkpoints.write(at(step), parameters);
    }
    try (var files = Files.list(directory)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "other.step-000000001.checkpoint",
              "model.step-000000011.checkpoint",
              "model.step-000000012.checkpoint");
    }
  }

  @Test
  void everyCutAndEveryFlippedByteIsFound() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    checkpoints.write(at(1), parameters);
    Path file = checkpoints.write(at(2), parameters);
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      byte[] bad;
      if (i % 3 == 0) {
        bad = Arrays.copyOf(good, i < 150 ? i / 3 : random.nextInt(good.length));
      } else {
        bad = good.clone();
        bad[i < 150 ? i : random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bad);
      assertThatThrownBy(() -> checkpoints.read("recipe", parameters))
          .isInstanceOf(CheckpointCorruptException.class)
          .hasMessageContaining("model.step-000000001.checkpoint");
    }
  }

  @Test
  void withARightChecksumTheContentIsStillChecked() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    checkpoints.write(at(1), parameters);
    Parameters larger =
        new Parameters(Architecture.of(new RpnHead(9, 3)), TrainingOptions.plain(), arena);
    assertThatThrownBy(() -> checkpoints.read("recipe", larger))
        .isInstanceOf(CheckpointCorruptException.class)
        .hasMessageContaining("bytes of weights")
        .hasMessageContaining("there is no older one that is good");
    assertThatThrownBy(() -> checkpoints.read("another", parameters))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected another, got recipe");
  }

  /** Writes one checkpoint; a limit on the size of files stands for a full disk. */
  static final class OneWrite {
    private OneWrite() {}

    public static void main(String[] arguments) {
      try (Arena memory = Arena.ofConfined()) {
        new Checkpoints(Path.of(arguments[0]))
            .write(at(2), new Parameters(ARCHITECTURE, TrainingOptions.plain(), memory));
        System.out.print("written");
      } catch (IOException e) {
        System.out.print("IOException");
      }
    }
  }

  @Test
  void aDiskThatIsFullLeavesTheOldOne() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs a shell that limits file sizes");
    Path model = directory.resolve("model");
    Checkpoints checkpoints = new Checkpoints(model);
    Path old = checkpoints.write(at(1), parameters);
    assertThat(Files.size(old)).isGreaterThan(8192);
    Process process =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                "ulimit -f 4; exec \"$@\"",
                "sh",
                JAVA,
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                OneWrite.class.getName(),
                model.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
        .isEqualTo("IOException");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(old);
    }
    assertThat(checkpoints.read("recipe", parameters)).isEqualTo(at(1));
  }

  /** Writes checkpoints until it is killed. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws IOException {
      Checkpoints checkpoints = new Checkpoints(Path.of(arguments[0]));
      try (Arena memory = Arena.ofConfined()) {
        Parameters own = new Parameters(ARCHITECTURE, TrainingOptions.plain(), memory);
        for (long step = 1; ; step++) {
          fill(own, step);
          checkpoints.write(at(step), own);
          System.out.write('.');
          System.out.flush();
        }
      }
    }
  }

  @Test
  void killedAtAnyMomentAGoodOneIsLeft() throws Exception {
    long seed = Long.getLong("rpn.seed", 11);
    Random random = new Random(seed);
    for (int kill = 0; kill < 4; kill++) {
      Path model = directory.resolve("model-" + kill);
      Process process =
          new ProcessBuilder(
                  JAVA,
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  model.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      // One was written: now kill it anywhere in the following ones.
      assertThat(process.getInputStream().read()).isEqualTo('.');
      TimeUnit.MICROSECONDS.sleep(random.nextInt(60_000));
      process.destroyForcibly().waitFor();
      Checkpoints checkpoints = new Checkpoints(model);
      assertThat(checkpoints.list()).as("seed %d", seed).isNotEmpty();
      Checkpoint found = checkpoints.read("recipe", parameters);
      assertThat(found).isEqualTo(at(found.step()));
      Parameters expected = new Parameters(ARCHITECTURE, TrainingOptions.plain(), arena);
      fill(expected, found.step());
      assertThat(parameters.weights().mismatch(expected.weights())).isEqualTo(-1);
      assertThat(parameters.squares().mismatch(expected.squares())).isEqualTo(-1);
    }
  }
}
