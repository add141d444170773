package dev.rpn.io.data;

import java.util.List;

/**
 * What a lenient reader left out.
 *
 * @param pictures number of pictures
 * @param boxes number of boxes, without those of skipped pictures
 * @param reasons the first {@value #REASONS_KEPT} faults, each naming its file and object
 */
public record Skipped(int pictures, int boxes, List<String> reasons) {
  /** Reasons that are kept; the counts go on. */
  public static final int REASONS_KEPT = 100;

  /** Copies the list. */
  public Skipped {
    reasons = List.copyOf(reasons);
  }
}
