package dev.rpn.io.hostile;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Has files read on a thread of its own, and looks at the clock. */
final class Watchdog implements AutoCloseable {
  private static final int SECONDS = 2;

  private ExecutorService thread;
  private Thread worker;

  Watchdog() throws Exception {
    start();
  }

  private void start() throws Exception {
    thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    worker = thread.submit(Thread::currentThread).get();
  }

  /** What the reader throws, or null; an error where it takes more than two seconds. */
  Throwable read(HostileFormat.Reader reader, Path file) throws Exception {
    long before = cpuNanos();
    Future<?> reading =
        thread.submit(() -> {
          reader.read(file);
          return null;
        });
    for (int second = 1; ; second++) {
      try {
        reading.get(1, TimeUnit.SECONDS);
        return null;
      } catch (ExecutionException e) {
        return e.getCause();
      } catch (TimeoutException e) {
        // On a busy machine only the reader's own time says something; a sleeper has none.
        if (cpuNanos() - before > SECONDS * 1_000_000_000L || second == 10 * SECONDS) {
          var late = new AssertionError("still reading after " + SECONDS + " s");
          late.setStackTrace(worker.getStackTrace());
          start();
          return late;
        }
      }
    }
  }

  private long cpuNanos() {
    return Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(worker.threadId()));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
