package dev.rpn.engine;

import dev.rpn.anchor.Box;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The proposals of a batch, best first: a view of memory that the next call overwrites. {@link
 * #toList} copies.
 *
 * <p>The order is total: score, then level, then the anchor's index; where the profile ranks by
 * logits, the logit stands for the score.
 */
public final class Proposals {
  private int pictures;
  private int capacity;
  private int[] counts = {};
  private int[] dropped = {};
  private float[] x1 = {};
  private float[] y1 = {};
  private float[] x2 = {};
  private float[] y2 = {};
  private float[] scores = {};
  private int[] levels = {};
  private int[] anchors = {};

  Proposals() {}

  /** Bytes for so many pictures with at most so many proposals each. */
  static long bytes(long pictures, long capacity) {
    return pictures * (2 + 7 * capacity) * Integer.BYTES;
  }

  /** Empties it and makes room. */
  void reset(int newPictures, int newCapacity) {
    pictures = newPictures;
    capacity = newCapacity;
    if (counts.length < pictures) {
      counts = new int[pictures];
      dropped = new int[pictures];
    }
    int rows = Math.multiplyExact(pictures, capacity);
    if (x1.length < rows) {
      x1 = new float[rows];
      y1 = new float[rows];
      x2 = new float[rows];
      y2 = new float[rows];
      scores = new float[rows];
      levels = new int[rows];
      anchors = new int[rows];
    }
    for (int i = 0; i < pictures; i++) {
      counts[i] = 0;
      dropped[i] = 0;
    }
  }

  void add(
      int picture,
      float left,
      float top,
      float right,
      float bottom,
      float score,
      int level,
      int anchor) {
    int row = picture * capacity + counts[picture]++;
    x1[row] = left;
    y1[row] = top;
    x2[row] = right;
    y2[row] = bottom;
    scores[row] = score;
    levels[row] = level;
    anchors[row] = anchor;
  }

  void drop(int picture, int more) {
    dropped[picture] += more;
  }

  /** Pictures of the batch. */
  public int pictures() {
    return pictures;
  }

  /** Proposals of a picture. */
  public int count(int picture) {
    return counts[Objects.checkIndex(picture, pictures)];
  }

  /**
   * Anchors of a picture that were left out because their logit, or, where they were among the
   * best, their box was NaN or infinite. Above 0, something is wrong with the picture or the
   * weights.
   */
  public int dropped(int picture) {
    return dropped[Objects.checkIndex(picture, pictures)];
  }

  /**
   * These proposals, for callers who want no proposals at all of a picture that went wrong.
   *
   * @throws IllegalStateException if an anchor was left out; see {@link #dropped}
   */
  public Proposals requireFinite() {
    for (int picture = 0; picture < pictures; picture++) {
      if (dropped[picture] > 0) {
        throw new IllegalStateException(
            "picture "
                + picture
                + ": expected finite logits and boxes, got NaN or infinity at "
                + dropped[picture]
                + " anchors");
      }
    }
    return this;
  }

  /** Left side of a proposal, in pixels of the network's picture. */
  public float x1(int picture, int index) {
    return x1[row(picture, index)];
  }

  /** Upper side of a proposal. */
  public float y1(int picture, int index) {
    return y1[row(picture, index)];
  }

  /** Right side of a proposal. */
  public float x2(int picture, int index) {
    return x2[row(picture, index)];
  }

  /** Lower side of a proposal. */
  public float y2(int picture, int index) {
    return y2[row(picture, index)];
  }

  /** Probability that a proposal holds an object. */
  public float score(int picture, int index) {
    return scores[row(picture, index)];
  }

  /** Level of a proposal's anchor. */
  public int level(int picture, int index) {
    return levels[row(picture, index)];
  }

  /** Index of a proposal's anchor in its level. */
  public int anchor(int picture, int index) {
    return anchors[row(picture, index)];
  }

  private int row(int picture, int index) {
    return picture * capacity + Objects.checkIndex(index, count(picture));
  }

  /** A copy of a picture's proposals, best first. */
  public List<Proposal> toList(int picture) {
    var list = new ArrayList<Proposal>(count(picture));
    for (int i = 0; i < count(picture); i++) {
      int row = row(picture, i);
      list.add(
          new Proposal(
              new Box(x1[row], y1[row], x2[row], y2[row]), scores[row], levels[row], anchors[row]));
    }
    return list;
  }

  /** A copy of all, one list a picture. */
  public List<List<Proposal>> toList() {
    var lists = new ArrayList<List<Proposal>>(pictures);
    for (int picture = 0; picture < pictures; picture++) {
      lists.add(toList(picture));
    }
    return lists;
  }
}
