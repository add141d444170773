package dev.rpn.engine;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * How an engine came to its steady state: the virtual machine compiles the kernels while they run,
 * so that the first call may take a hundred times as long as the hundredth.
 *
 * @param calls made on the way
 * @param took all of it, with the compiler's time behind the last call
 * @param first the first call
 * @param steady the fastest call, which the last ones no longer improved on
 */
public record WarmUp(int calls, Duration took, Duration first, Duration steady) {
  /** Calls without a better time after which the state counts as steady. */
  private static final int PATIENCE_CALLS = 20;

  /** And so much time without a better call, in which the compiler finished nothing either. */
  private static final long PATIENCE_NANOS = 500_000_000L;

  /** Whatever happens, the end. */
  private static final long LIMIT_NANOS = 30_000_000_000L;

  /** Less is noise, not a better time. */
  private static final double BETTER = 0.97;

  /**
   * The longest pause between two calls. Where every core computes, a compilation takes ten times
   * as long, and the calls that wait for it are the slow ones.
   */
  private static final long PAUSE_NANOS = 50_000_000L;

  /** Rounds of calls of what surrounds the kernels, with a pause for the compilers after each. */
  private static final int ROUNDS = 20;

  /**
   * Calls in each: after 200 a method is compiled with counters, after 5,000 more these hand it to
   * C2.
   */
  private static final int ROUND_CALLS = 4000;

  private static final long ROUND_PAUSE_NANOS = 20_000_000L;

  /**
   * Calls until nothing gets faster any more and nothing is left to compile.
   *
   * @param surroundings what a call does besides its kernels
   */
  static WarmUp of(Runnable call, Runnable surroundings) {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    long compiled = 0;
    long start = System.nanoTime();
    long first = 0;
    long best = Long.MAX_VALUE;
    int calls = 0;
    int lastCall = 0;
    long lastChange = start;
    long end = start;
    while (calls - lastCall < PATIENCE_CALLS || end - lastChange < PATIENCE_NANOS) {
      long begin = System.nanoTime();
      call.run();
      end = System.nanoTime();
      calls++;
      long nanos = end - begin;
      first = calls == 1 ? nanos : first;
      long compiling = compilationMillis(compiler);
      if (nanos < BETTER * best || compiling != compiled) {
        lastCall = calls;
        lastChange = end;
      }
      best = Math.min(best, nanos);
      compiled = compiling;
      if (end - start > LIMIT_NANOS) {
        break;
      }
      LockSupport.parkNanos(Math.min(nanos, PAUSE_NANOS));
    }
    compile(surroundings);
    end = System.nanoTime();
    return new WarmUp(
        calls, Duration.ofNanos(end - start), Duration.ofNanos(first), Duration.ofNanos(best));
  }

  /**
   * Has what surrounds the kernels compiled too. They count their turns and are soon compiled, but
   * it would be handed to C2 thousands of calls later. The messages of its classes then become
   * objects, if they are none yet, and a call would be seen to allocate. Not before nothing else
   * waits for C2, which asks for more calls meanwhile.
   */
  private static void compile(Runnable surroundings) {
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < ROUND_CALLS; i++) {
        surroundings.run();
      }
      LockSupport.parkNanos(ROUND_PAUSE_NANOS);
    }
  }

  /** Grows when a compilation ends; 0 where the virtual machine does not tell. */
  private static long compilationMillis(@Nullable CompilationMXBean compiler) {
    return compiler != null && compiler.isCompilationTimeMonitoringSupported()
        ? compiler.getTotalCompilationTime()
        : 0;
  }
}
