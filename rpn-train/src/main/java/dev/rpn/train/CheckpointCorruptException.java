package dev.rpn.train;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A checkpoint that can't be what was written. Training never starts anew by itself. */
public final class CheckpointCorruptException extends IOException {
  private static final long serialVersionUID = 1;

  private final transient @Nullable Path previous;

  CheckpointCorruptException(Path file, String found, @Nullable Path previous) {
    super(
        "checkpoint "
            + file
            + " is corrupt: "
            + found
            + "; "
            + (previous == null
                ? "there is no older one that is good"
                : "the previous good one is "
                    + previous
                    + ": delete the corrupt file to resume from it"));
    this.previous = previous;
  }

  /** The newest older checkpoint that loads; null where there is none. */
  public @Nullable Path previous() {
    return previous;
  }
}
