package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void runsEveryBlockOnce(int threads) {
    try (var workers = new Workers(threads)) {
      for (int round = 0; round < 2_000; round++) {
        int blocks = 1 + round % 13;
        runOnce(workers, blocks);
      }
    }
  }

  @Test
  void wakesParkedHelpers() {
    try (var workers = new Workers(2)) {
      for (int round = 0; round < 5; round++) {
        LockSupport.parkNanos(30_000_000);
        runOnce(workers, 64);
      }
    }
  }

  @Test
  void usesTheCallersExecutor() {
    try (var pool = Executors.newFixedThreadPool(2);
        var workers = new Workers(3, pool)) {
      for (int round = 0; round < 500; round++) {
        runOnce(workers, 9);
      }
    }
  }

  @Test
  void finishesAloneWhereTheExecutorRefusesOrForgets() {
    Executor refusing =
        task -> {
          throw new RejectedExecutionException("full");
        };
    Executor forgetting = task -> {};
    for (Executor executor : new Executor[] {refusing, forgetting}) {
      try (var workers = new Workers(4, executor)) {
        runOnce(workers, 10);
      }
    }
  }

  @Test
  void handsOverWhatABlockThrewAndGoesOn() {
    try (var workers = new Workers(2)) {
      for (int round = 0; round < 100; round++) {
        assertThatThrownBy(() ->
                workers.run(
                    (block, worker) -> {
                      if (block == 3) {
                        throw new IllegalStateException("block 3");
                      }
                    },
                    8))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("block 3");
        runOnce(workers, 8);
      }
    }
  }

  @Test
  void givesEveryWorkerScratchOfItsOwn() {
    try (var workers = new Workers(3)) {
      var busy = new AtomicIntegerArray(3);
      for (int round = 0; round < 1_000; round++) {
        workers.run(
            (block, worker) -> {
              if (busy.incrementAndGet(worker) != 1) {
                throw new AssertionError("two blocks at once as worker " + worker);
              }
              busy.decrementAndGet(worker);
            },
            16);
      }
    }
  }

  @Test
  void refusesWorkOnceClosedAndClosesTwice() {
    var workers = new Workers(2);
    workers.close();
    workers.close();
    assertThatThrownBy(() -> workers.run((block, worker) -> {}, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void refusesLessThanOneThread() {
    assertThatThrownBy(() -> new Workers(0).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads: expected at least 1, got 0");
  }

  private static void runOnce(Workers workers, int blocks) {
    var runs = new AtomicIntegerArray(blocks);
    workers.run((block, worker) -> runs.incrementAndGet(block), blocks);
    for (int block = 0; block < blocks; block++) {
      assertThat(runs.get(block)).isEqualTo(1);
    }
  }
}
