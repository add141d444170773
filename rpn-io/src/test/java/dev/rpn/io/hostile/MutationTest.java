package dev.rpn.io.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.model.ModelMismatchException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Good files broken at random: within two seconds they read, or they are refused with a documented
 * exception. {@code -Drpn.mutations=N} sets how many a format, {@code -Drpn.seed=N} and {@code
 * -Drpn.case=N} replay one.
 */
class MutationTest {
  private static final long SEED = Long.getLong("rpn.seed", 20261123);
  private static final int COUNT = Integer.getInteger("rpn.mutations", 200);
  private static final int CASE = Integer.getInteger("rpn.case", -1);
  private static final int FAILURES_SHOWN = 10;
  private static final String REPLAY =
      "./mvnw -B -pl rpn-io -am -Pmutations test -Dtest=MutationTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false"
          + " -Drpn.jvm.args='--add-modules=jdk.incubator.vector -Drpn.seed=%d -Drpn.case=%d'";

  @TempDir Path directory;

  @ParameterizedTest
  @FieldSource("dev.rpn.io.hostile.HostileFormat#ALL")
  void throwsOnlyWhatIsDocumented(HostileFormat format) throws Exception {
    try (var watchdog = new Watchdog()) {
      run(format, watchdog);
    }
  }

  private void run(HostileFormat format, Watchdog watchdog) throws Exception {
    Path file = directory.resolve("mutated");
    List<byte[]> seeds = format.seedBytes();
    var failures = new ArrayList<AssertionError>();
    for (byte[] seed : seeds) {
      // Some hold the layers of no whole network.
      Throwable thrown = watchdog.read(format.reader(), Files.write(file, seed));
      if (thrown != null && !(thrown instanceof ModelMismatchException)) {
        throw new AssertionError("a seed of " + format, thrown);
      }
    }
    int refused = 0;
    int first = CASE < 0 ? 0 : CASE;
    int end = CASE < 0 ? COUNT : CASE + 1;
    for (int i = first; i < end && failures.size() < FAILURES_SHOWN; i++) {
      byte[] bytes = new Mutator(seeds, new SplittableRandom(SEED + i)).next();
      Throwable thrown = watchdog.read(format.reader(), Files.write(file, bytes));
      if (thrown != null && !format.refuses(thrown)) {
        failures.add(
            new AssertionError(
                "%s, case %d; replay: %s".formatted(format, i, REPLAY.formatted(SEED, i)), thrown));
      }
      refused += thrown == null ? 0 : 1;
    }
    if (!failures.isEmpty()) {
      AssertionError all = failures.removeFirst();
      failures.forEach(all::addSuppressed);
      throw all;
    }
    if (CASE < 0) {
      // Fewer, and the mutations would not reach what the reader checks.
      assertThat(refused).as("refused of " + format).isBetween(COUNT / 20, COUNT - 1);
    }
  }
}
