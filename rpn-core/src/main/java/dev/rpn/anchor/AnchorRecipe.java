package dev.rpn.anchor;

import java.util.List;

/**
 * Which anchors stand at every position: for each level all pairs of a size and a ratio.
 *
 * @param sizes side of the square anchor in pixels of the network's picture, a list a level; every
 *     level has as many
 * @param ratios height / width
 * @param strides pixels between two positions, one a level; empty where the profile derives them
 *     from picture and grid
 */
public record AnchorRecipe(List<List<Float>> sizes, List<Float> ratios, List<Integer> strides) {
  /**
   * @throws IllegalArgumentException if a list is empty, levels differ in their number of sizes, or
   *     a value is not above 0 and finite
   */
  public AnchorRecipe {
    sizes = sizes.stream().map(List::copyOf).toList();
    ratios = List.copyOf(ratios);
    strides = List.copyOf(strides);
    if (sizes.isEmpty() || sizes.get(0).isEmpty() || ratios.isEmpty()) {
      throw new IllegalArgumentException(
          "anchors: expected at least one size and one ratio, got sizes "
              + sizes
              + " and ratios "
              + ratios);
    }
    for (List<Float> level : sizes) {
      if (level.size() != sizes.get(0).size()) {
        throw new IllegalArgumentException(
            "anchors: every level needs as many sizes, got " + sizes);
      }
      level.forEach(size -> checkPositive("size", size));
    }
    ratios.forEach(ratio -> checkPositive("ratio", ratio));
    strides.forEach(stride -> checkPositive("stride", stride));
    if (!strides.isEmpty() && strides.size() != sizes.size()) {
      throw new IllegalArgumentException(
          "anchors: expected " + sizes.size() + " strides, one a level, got " + strides);
    }
  }

  private static void checkPositive(String what, float value) {
    if (!(value > 0) || Float.isInfinite(value)) {
      throw new IllegalArgumentException("anchors: expected a " + what + " above 0, got " + value);
    }
  }

  /** One level. */
  public static AnchorRecipe of(List<Float> sizes, List<Float> ratios, int stride) {
    return new AnchorRecipe(List.of(sizes), ratios, List.of(stride));
  }

  /** Number of levels. */
  public int levels() {
    return sizes.size();
  }

  /** Anchors at a position: the head's k. */
  public int perPosition() {
    return sizes.get(0).size() * ratios.size();
  }
}
