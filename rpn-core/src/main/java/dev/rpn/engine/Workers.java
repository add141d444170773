package dev.rpn.engine;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A caller and its helpers, who share the blocks of one task at a time.
 *
 * <p>Each takes the next free block until none is left, so a helper that is late or never comes
 * costs time and nothing else. Own helper threads spin for a moment between two tasks, because the
 * stages of one picture follow each other within microseconds, then park until the next. Running a
 * task allocates nothing.
 *
 * <p>One caller at a time; {@link #run} is not reentrant.
 */
public final class Workers implements AutoCloseable {
  /** About 0.2 to 0.5 ms: longer than the gap between stages, too short to heat an idle core. */
  private static final int SPINS = 20_000;

  /** What is shared: a number of independent blocks. */
  @FunctionalInterface
  public interface Task {
    /**
     * Runs one block.
     *
     * @param block from 0
     * @param worker who runs it, below {@link Workers#threads()}: chooses the scratch memory
     */
    void run(int block, int worker);
  }

  private final int threads;
  private final @Nullable Executor executor;
  private final Helper[] helpers;

  /** High half: number of the task. Low half: the next free block. */
  private final AtomicLong next = new AtomicLong();

  private final AtomicInteger unfinished = new AtomicInteger();
  private @Nullable Task task;
  private int blocks;
  private volatile @Nullable Thread waitingCaller;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  /**
   * The caller and {@code threads - 1} daemon threads.
   *
   * @throws IllegalArgumentException if threads is below 1
   */
  public Workers(int threads) {
    this(threads, null);
  }

  /**
   * The caller and up to {@code threads - 1} tasks handed to an executor whenever there is work;
   * they never wait there for more.
   *
   * @param executor null for own threads
   * @throws IllegalArgumentException if threads is below 1
   */
  public Workers(int threads, @Nullable Executor executor) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
    }
    this.threads = threads;
    this.executor = executor;
    helpers = new Helper[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Helper(i + 1);
    }
    if (executor == null) {
      for (Helper helper : helpers) {
        helper.thread = Thread.ofPlatform().daemon().name("rpn-" + helper.id).start(helper);
      }
    }
  }

  /** The caller and its helpers. */
  public int threads() {
    return threads;
  }

  /**
   * Runs all blocks and returns when the last is done; what they wrote is visible to the caller.
   *
   * @throws IllegalStateException if closed
   * @throws RuntimeException what a block threw; the others still ran
   */
  public void run(Task newTask, int count) {
    if (closed) {
      throw new IllegalStateException("workers are closed");
    }
    if (count <= 0) {
      return;
    }
    if (threads == 1 || count == 1) {
      for (int block = 0; block < count; block++) {
        newTask.run(block, 0);
      }
      return;
    }
    // A helper that is still looking at the last task must not claim a block while the fields
    // change under it: between two tasks no block is free.
    long number = next.get() >>> 32;
    next.set((number + 1) << 32 | Integer.MAX_VALUE);
    task = newTask;
    blocks = count;
    unfinished.set(count);
    // Publishes the fields above: who claims a block of this task has seen them.
    next.set((number + 2) << 32);
    wakeHelpers();
    work(0);
    awaitUnfinished();
    task = null;
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw rethrown(thrown);
    }
  }

  private static RuntimeException rethrown(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return (RuntimeException) thrown;
  }

  private void wakeHelpers() {
    for (Helper helper : helpers) {
      if (executor == null) {
        if (helper.parked) {
          LockSupport.unpark(helper.thread);
        }
      } else {
        try {
          executor.execute(helper);
        } catch (RejectedExecutionException full) {
          return; // The caller does what nobody else takes.
        }
      }
    }
  }

  /** Takes blocks until none is left. */
  private void work(int worker) {
    while (true) {
      long state = next.get();
      int block = (int) state;
      Task current = task;
      if (current == null || block >= blocks) {
        return;
      }
      // Success means that the fields were this task's, and that the caller now waits for the
      // block.
      if (next.compareAndSet(state, state + 1)) {
        try {
          current.run(block, worker);
        } catch (Throwable thrown) {
          failure = thrown;
        } finally {
          if (unfinished.decrementAndGet() == 0) {
            Thread caller = waitingCaller;
            if (caller != null) {
              LockSupport.unpark(caller);
            }
          }
        }
      }
    }
  }

  private void awaitUnfinished() {
    for (int i = 0; i < SPINS; i++) {
      if (unfinished.get() == 0) {
        return;
      }
      Thread.onSpinWait();
    }
    waitingCaller = Thread.currentThread();
    boolean interrupted = false;
    while (unfinished.get() != 0) {
      LockSupport.park(this);
      // A kernel can't be abandoned half way: its memory belongs to the caller.
      interrupted |= Thread.interrupted();
    }
    waitingCaller = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the helper threads; a second call does nothing. Not to be called while a task runs. */
  @Override
  public void close() {
    closed = true;
    for (Helper helper : helpers) {
      if (helper.thread != null) {
        LockSupport.unpark(helper.thread);
      }
    }
  }

  /** One other worker: a thread of our own, or a task in the caller's executor. */
  private final class Helper implements Runnable {
    private final int id;
    private final AtomicBoolean active = new AtomicBoolean();
    private @Nullable Thread thread;
    private volatile boolean parked;

    Helper(int id) {
      this.id = id;
    }

    @Override
    public void run() {
      if (executor == null) {
        serve();
      } else if (active.compareAndSet(false, true)) {
        // A run left over in the executor's queue must not share this helper's scratch memory.
        try {
          work(id);
        } finally {
          active.set(false);
        }
      }
    }

    private void serve() {
      long seen = 0;
      while (!closed) {
        int spins = 0;
        while (next.get() >>> 32 == seen && !closed) {
          if (spins < SPINS) {
            spins++;
            Thread.onSpinWait();
          } else {
            parked = true;
            // The caller reads 'parked' after it published: one of the two sees the other.
            if (next.get() >>> 32 == seen && !closed) {
              LockSupport.park(Workers.this);
            }
            parked = false;
          }
        }
        seen = next.get() >>> 32;
        work(id);
      }
    }
  }
}
