package dev.rpn.anchor;

import java.util.List;

/**
 * The anchors of every position of every level, for one size of picture. Rows are in the order
 * (level, y, x, anchor): the order of the head's logits. Kept as a formula, not as a table: a box
 * is its cell plus its position's shift, in float32.
 *
 * <p>Immutable.
 */
public final class Anchors {
  private final int perPosition;
  private final float centre;
  private final Size[] grids;

  /** For each level, four corners an anchor, about the position. */
  private final float[][] cells;

  private final int[] strideX;
  private final int[] strideY;

  /** Row of each level's first anchor, and after the last the number of all. */
  private final int[] first;

  /**
   * The grid of one picture size.
   *
   * @param recipe sizes, ratios and strides
   * @param profile how they become boxes
   * @param picture the picture as the network reads it: with its padding
   * @param levels rows and columns of each level's feature map
   * @throws IllegalArgumentException if the levels are not the recipe's, the profile needs strides
   *     that the recipe lacks, a grid is finer than the picture, a size rounds to an empty anchor,
   *     or there are more than (2^31 - 1) / 4 anchors
   */
  public Anchors(AnchorRecipe recipe, Profile profile, Size picture, List<Size> levels) {
    if (levels.size() != recipe.levels()) {
      throw new IllegalArgumentException(
          "anchors: levels: expected " + recipe.levels() + ", got " + levels.size());
    }
    perPosition = recipe.perPosition();
    centre = profile.grid().centre();
    grids = levels.toArray(Size[]::new);
    cells = new float[grids.length][];
    strideX = new int[grids.length];
    strideY = new int[grids.length];
    first = new int[grids.length + 1];
    for (int level = 0; level < grids.length; level++) {
      cells[level] =
          AnchorCells.of(profile.grid().cells(), recipe.sizes().get(level), recipe.ratios());
      Size grid = grids[level];
      if (profile.grid().strides() == Profile.Strides.PICTURE_OVER_GRID) {
        strideX[level] = picture.width() / grid.width();
        strideY[level] = picture.height() / grid.height();
        if (strideX[level] == 0 || strideY[level] == 0) {
          throw new IllegalArgumentException(
              "anchors: level "
                  + level
                  + ": expected a grid no finer than the picture's "
                  + picture
                  + ", got "
                  + grid);
        }
      } else if (recipe.strides().isEmpty()) {
        throw new IllegalArgumentException(
            "anchors: the profile '"
                + profile.name()
                + "' needs a stride for each level, got none");
      } else {
        strideX[level] = recipe.strides().get(level);
        strideY[level] = strideX[level];
      }
      long rows = first[level] + (long) grid.height() * grid.width() * perPosition;
      // The plane first: three ints can pass a long.
      if ((long) grid.height() * grid.width() > Integer.MAX_VALUE || rows > Integer.MAX_VALUE / 4) {
        throw new IllegalArgumentException(
            "anchors: expected at most " + Integer.MAX_VALUE / 4 + ", got more at level " + level);
      }
      first[level + 1] = (int) rows;
    }
  }

  /** Number of levels. */
  public int levels() {
    return grids.length;
  }

  /** Anchors at a position: the head's k. */
  public int perPosition() {
    return perPosition;
  }

  /** Rows and columns of a level. */
  public Size grid(int level) {
    return grids[level];
  }

  /** Anchors of all levels. */
  public int count() {
    return first[grids.length];
  }

  /** Anchors of one level. */
  public int count(int level) {
    return first[level + 1] - first[level];
  }

  /** Row of a level's first anchor. */
  public int first(int level) {
    return first[level];
  }

  /**
   * Writes one anchor's corners.
   *
   * @param level its level
   * @param index its index in the level: {@code (y * width + x) * perPosition + anchor}
   * @param box receives x1, y1, x2, y2
   * @param offset where in {@code box}
   */
  public void get(int level, int index, float[] box, int offset) {
    int position = index / perPosition;
    int y = position / grids[level].width();
    int x = position - y * grids[level].width();
    int cell = 4 * (index - position * perPosition);
    float shiftX = (x + centre) * strideX[level];
    float shiftY = (y + centre) * strideY[level];
    float[] corners = cells[level];
    box[offset] = shiftX + corners[cell];
    box[offset + 1] = shiftY + corners[cell + 1];
    box[offset + 2] = shiftX + corners[cell + 2];
    box[offset + 3] = shiftY + corners[cell + 3];
  }

  /** One anchor; see {@link #get}. */
  public Box box(int level, int index) {
    float[] corners = new float[4];
    get(level, index, corners, 0);
    return new Box(corners[0], corners[1], corners[2], corners[3]);
  }

  /** A new table of all rows, {@code (count, 4)}. */
  public float[] toArray() {
    float[] rows = new float[4 * count()];
    for (int level = 0; level < grids.length; level++) {
      for (int i = 0; i < count(level); i++) {
        get(level, i, rows, 4 * (first[level] + i));
      }
    }
    return rows;
  }
}
