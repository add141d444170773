package dev.rpn.io.weights;

import dev.rpn.model.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor as torch sees it: a view of a storage, which several tensors may share.
 *
 * @param storage where the values are
 * @param offset the first value's index in it
 * @param shape the sides
 * @param strides what one step along each axis adds to the index
 */
record TorchTensor(Storage storage, long offset, List<Integer> shape, List<Long> strides) {
  private static final int MOST_SIDES = 32;

  /**
   * A row of values in a file of its own within the archive.
   *
   * @param key the file's name
   * @param count the number of values
   */
  record Storage(String key, TorchType type, long count) {}

  /** Checks that every value of a view lies within its storage. */
  static TorchTensor of(Place place, Storage storage, long offset, List<?> sides, List<?> steps)
      throws IOException {
    if (sides.size() != steps.size() || sides.size() > MOST_SIDES) {
      throw place.wrong(
          "as many sides as strides, at most " + MOST_SIDES, sides.size() + " and " + steps.size());
    }
    var shape = new ArrayList<Integer>();
    var strides = new ArrayList<Long>();
    long count = 1;
    long last = offset;
    for (int axis = 0; axis < sides.size(); axis++) {
      if (!(sides.get(axis) instanceof Long side) || !(steps.get(axis) instanceof Long step)) {
        throw place.wrong("sides and strides of whole numbers", PickleReader.kind(sides.get(axis)));
      }
      if (side < 0 || step < 0 || offset < 0) {
        throw place.wrong("sides, strides and offset of at least 0", side + ", " + step);
      }
      // No factor exceeds 2^31, so that no product overflows.
      if (side > Integer.MAX_VALUE || count * side > Integer.MAX_VALUE) {
        throw place.limit("at most 2147483647 values", side + " along axis " + axis);
      }
      if (side > 1 && step > storage.count()) {
        throw place.wrong("a stride within the storage's " + storage.count() + " values", step);
      }
      count *= side;
      last += side > 1 ? (side - 1) * step : 0;
      shape.add(side.intValue());
      strides.add(step);
    }
    if (count > storage.count()) {
      throw place.limit("at most the storage's " + storage.count() + " values", count);
    }
    if (count > 0 && (offset < 0 || last < 0 || last >= storage.count())) {
      throw place.wrong("values within the storage's " + storage.count(), "one at " + last);
    }
    return new TorchTensor(storage, offset, List.copyOf(shape), List.copyOf(strides));
  }

  /** The number of values. */
  int count() {
    return shape.stream().mapToInt(Integer::intValue).reduce(1, (a, b) -> a * b);
  }

  /** Puts the values of the view, last axis fastest, into a tensor of its shape. */
  void gather(Tensor values, Tensor to) {
    MemorySegment from = values.data();
    int[] index = new int[shape.size()];
    long at = offset;
    for (int i = 0; i < to.size(); i++) {
      to.set(i, from.getAtIndex(ValueLayout.JAVA_FLOAT, at));
      for (int axis = index.length - 1; axis >= 0; axis--) {
        at += strides.get(axis);
        if (++index[axis] < shape.get(axis)) {
          break;
        }
        at -= strides.get(axis) * shape.get(axis);
        index[axis] = 0;
      }
    }
  }
}
