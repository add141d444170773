package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.rpn.model.ModelMismatchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Good files with a few bytes changed, cut or doubled: they read, or they are refused with a
 * documented exception. {@code -Drpn.seed=N} replays a run, {@code -Drpn.mutations=N} lengthens it.
 */
class MutationTest {
  private static final long SEED = Long.getLong("rpn.seed", 20261123);
  private static final int COUNT = Integer.getInteger("rpn.mutations", 200);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keras_c16/rpn.safetensors",
        "keras_c16/rpn.npz",
        "keras_c16/rpn.weights.h5",
        "keras_c16/rpn.h5",
        "keras_c16/rpn.keras",
        "keras/latest.weights.h5",
        "keras/keras2_weights.h5",
        "numpy/deflated.npz",
        "numpy/version2.npy",
        "safetensors/floats.safetensors",
        "onnx/raw.onnx",
        "onnx/nhwc.onnx",
        "onnx/float16_typed.onnx",
        "torch/strided.pt",
        "torch/vgg.pt"
      })
  void throwsOnlyWhatIsDocumented(String name) throws IOException {
    byte[] good = Files.readAllBytes(Fixtures.file(name));
    Path file = directory.resolve("mutated");
    int refused = 0;
    for (int i = 0; i < COUNT; i++) {
      var random = new SplittableRandom(SEED + i);
      Files.write(file, mutate(good, random));
      String what = name + ", seed " + SEED + " + " + i;
      try {
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10), () -> read(name, file), what);
      } catch (Throwable e) {
        if (!(e instanceof WeightFormatException || e instanceof ModelMismatchException)) {
          fail(what, e);
        }
        refused++;
        assertThat(e.getMessage()).as(what).hasSizeLessThan(2000);
      }
    }
    assertThat(refused).as("refused of " + name).isGreaterThan(COUNT / 20);
  }

  private static Object read(String name, Path file) throws IOException {
    if (name.endsWith(".npy")) {
      return Npy.read(file);
    }
    return name.startsWith("keras_c16") || name.equals("torch/vgg.pt")
        ? WeightFiles.readNetwork(file)
        : WeightFiles.read(file, NonFinite.ALLOW);
  }

  private static byte[] mutate(byte[] good, SplittableRandom random) {
    byte[] bytes = good.clone();
    // Headers stand at the ends of a file, values between them: aim at the ends more often.
    int near = random.nextInt(3) == 0 ? bytes.length : Math.min(bytes.length, 2048);
    for (int change = random.nextInt(1, 6); change > 0; change--) {
      int at = random.nextInt(near);
      at = random.nextBoolean() ? at : bytes.length - 1 - at;
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0 : 0xff);
        default -> {
          int length = Math.min(random.nextInt(1, 16), bytes.length - at);
          System.arraycopy(good, random.nextInt(good.length - length), bytes, at, length);
        }
      }
    }
    return switch (random.nextInt(8)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(1, 100));
      default -> bytes;
    };
  }
}
