package dev.rpn.simd;

import dev.rpn.model.MapShape;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** What was made for the shapes of late, so that a step of training makes nothing anew. */
final class RecentShapes<T extends RecentShapes.ForShape> {
  /** How many shapes are remembered. */
  private static final int MOST = 64;

  private final BiFunction<MapShape, Integer, T> maker;

  /** The last made first. */
  private volatile List<T> made = List.of();

  /** Made for one shape. */
  interface ForShape {
    boolean fits(MapShape shape, int channels);
  }

  /**
   * @param maker makes one for a map's shape and a number of other channels
   */
  RecentShapes(BiFunction<MapShape, Integer, T> maker) {
    this.maker = maker;
  }

  T of(MapShape shape, int channels) {
    List<T> made = this.made;
    // An iterator would be garbage of every step.
    for (int i = 0; i < made.size(); i++) {
      if (made.get(i).fits(shape, channels)) {
        return made.get(i);
      }
    }
    T one = maker.apply(shape, channels);
    synchronized (this) {
      this.made = Stream.concat(Stream.of(one), this.made.stream()).limit(MOST).toList();
    }
    return one;
  }
}
