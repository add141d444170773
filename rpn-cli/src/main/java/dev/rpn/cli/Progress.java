package dev.rpn.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Says on standard error how far a task is and how long it still takes, once it has taken two
 * seconds: on a terminal one line that is rewritten, otherwise a line every ten seconds.
 */
final class Progress implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(2);
  private static final long TERMINAL_PERIOD = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LOG_PERIOD = TimeUnit.SECONDS.toNanos(10);
  private static final int BAR = 24;

  /**
   * A time left is believed from this share on, or after a log's period: the first steps, which run
   * before the compiler has seen them, would foretell hours for minutes.
   */
  private static final double BELIEVED = 0.01;

  private final PrintWriter err;
  private final boolean terminal;
  private final LongSupplier clock;
  private final String task;
  private final long start;
  private long next;
  private boolean shown;

  Progress(PrintWriter err, String task) {
    // Set by the launcher: Java can't ask whether standard error alone is a terminal.
    this(err, task, Boolean.getBoolean("rpn.terminal"), System::nanoTime);
  }

  Progress(PrintWriter err, String task, boolean terminal, LongSupplier clock) {
    this.err = err;
    this.task = task;
    this.terminal = terminal;
    this.clock = clock;
    start = clock.getAsLong();
    next = start + PATIENCE;
  }

  /**
   * Shows the state if it is time to.
   *
   * @param done how much of it, in any unit
   * @param total of how much
   * @param note shown behind, may be empty
   */
  void at(long done, long total, String note) {
    long now = clock.getAsLong();
    if (now - next < 0) {
      return;
    }
    next = now + (terminal ? TERMINAL_PERIOD : LOG_PERIOD);
    shown = true;
    double share = total > 0 ? Math.clamp((double) done / total, 0, 1) : 0;
    double elapsed = (now - start) / 1e9;
    boolean believed = share >= BELIEVED || (share > 0 && now - start >= LOG_PERIOD);
    String left = believed ? time(elapsed * (1 - share) / share) + " left" : "";
    String line =
        String.format(Locale.ROOT, "%s %3.0f %%  %-10s  %s", task, 100 * share, left, note);
    if (terminal) {
      int full = (int) (share * BAR);
      String bar = "[" + "=".repeat(full) + " ".repeat(BAR - full) + "] ";
      err.print("\r" + bar + line.stripTrailing() + "\033[K");
    } else {
      err.println(line.stripTrailing());
    }
    err.flush();
  }

  /** Wipes the line, so that another can be printed. */
  void clear() {
    if (shown && terminal) {
      err.print("\r\033[K");
      err.flush();
    }
  }

  @Override
  public void close() {
    clear();
  }

  private static String time(double seconds) {
    long s = Math.round(seconds);
    return s < 60
        ? s + " s"
        : s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s / 60 % 60 + " min";
  }
}
