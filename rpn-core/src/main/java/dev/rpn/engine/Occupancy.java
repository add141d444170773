package dev.rpn.engine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Who uses an engine: nobody, one call, or nobody ever again. Decides who frees its memory, so that
 * closing under a running call neither crashes it nor waits for it.
 */
final class Occupancy {
  private static final int IDLE = 0;
  private static final int BUSY = 1;
  private static final int CLOSING = 2;
  private static final int CLOSED = 3;

  private final AtomicInteger state = new AtomicInteger(IDLE);

  /**
   * Begins a call.
   *
   * @throws IllegalStateException if another call runs or the engine is closed
   */
  void enter() {
    int found = state.compareAndExchange(IDLE, BUSY);
    if (found != IDLE) {
      throw new IllegalStateException(
          found == BUSY
              ? "engine: another call is running; an engine serves one caller at a time"
              : "engine: closed");
    }
  }

  /** Ends a call; true if the caller must free the memory now. */
  boolean exit() {
    return !state.compareAndSet(BUSY, IDLE) && state.compareAndSet(CLOSING, CLOSED);
  }

  /** Closes; true if the caller must free the memory now, false if a running call will. */
  boolean close() {
    while (true) {
      if (state.compareAndSet(IDLE, CLOSED)) {
        return true;
      }
      if (state.compareAndSet(BUSY, CLOSING) || state.get() >= CLOSING) {
        return false;
      }
    }
  }
}
