package dev.rpn.engine;

import java.time.Duration;

/**
 * How an engine came to its steady state: the virtual machine compiles the kernels while they run,
 * so that the first call may take a hundred times as long as the hundredth.
 *
 * @param calls made on the way
 * @param took all of them together
 * @param first the first call
 * @param steady the fastest call, which the last ones no longer improved on
 */
public record WarmUp(int calls, Duration took, Duration first, Duration steady) {
  /** Calls without a better time after which the state counts as steady. */
  private static final int PATIENCE_CALLS = 20;

  /** And so much time: the compiler works in the background, beside calls that are short. */
  private static final long PATIENCE_NANOS = 500_000_000L;

  /** Whatever happens, the end. */
  private static final long LIMIT_NANOS = 30_000_000_000L;

  /** Less is noise, not a better time. */
  private static final double BETTER = 0.97;

  /** Calls until nothing gets faster any more. */
  static WarmUp of(Runnable call) {
    long start = System.nanoTime();
    long first = 0;
    long best = Long.MAX_VALUE;
    int calls = 0;
    int bestCall = 0;
    long bestEnd = start;
    long end = start;
    while (calls - bestCall < PATIENCE_CALLS || end - bestEnd < PATIENCE_NANOS) {
      long begin = System.nanoTime();
      call.run();
      end = System.nanoTime();
      calls++;
      long nanos = end - begin;
      first = calls == 1 ? nanos : first;
      if (nanos < BETTER * best) {
        bestCall = calls;
        bestEnd = end;
      }
      best = Math.min(best, nanos);
      if (end - start > LIMIT_NANOS) {
        break;
      }
    }
    return new WarmUp(
        calls, Duration.ofNanos(end - start), Duration.ofNanos(first), Duration.ofNanos(best));
  }
}
