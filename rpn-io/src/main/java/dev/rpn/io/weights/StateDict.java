package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds the tensors in what a torch file holds: a state dict, or a checkpoint around one. */
final class StateDict {
  /** Tensors of a model. */
  static final int MOST_TENSORS = 10_000;

  /** Under these names training loops keep the model's weights, beside the optimizer's. */
  private static final List<String> WRAPPERS = List.of("model", "state_dict", "model_state_dict");

  private static final int DEEPEST = 16;
  private static final int MOST_VALUES = 100_000;
  private static final int LONGEST_NAME = 1_000;

  private final Place place;
  private final Map<String, TorchTensor> tensors = new LinkedHashMap<>();
  private int values;

  private StateDict(Place place) {
    this.place = place;
  }

  /** The tensors by the keys that lead to them, joined by dots. */
  static Map<String, TorchTensor> tensors(Place place, Object root) throws IOException {
    if (!(root instanceof Map<?, ?> whole)) {
      throw place.wrong("a dictionary of tensors", PickleReader.kind(root));
    }
    Map<?, ?> dict = whole;
    for (String wrapper : WRAPPERS) {
      if (whole.get(wrapper) instanceof Map<?, ?> inner) {
        dict = inner;
        break;
      }
    }
    var found = new StateDict(place);
    found.walk("", dict, 0);
    if (found.tensors.isEmpty()) {
      throw place.wrong("tensors", "a dictionary without any");
    }
    return found.tensors;
  }

  private void walk(String name, Object value, int depth) throws IOException {
    if (++values > MOST_VALUES) {
      throw place.limit("at most " + MOST_VALUES + " values", "more");
    }
    if (depth > DEEPEST) {
      throw place.limit("dictionaries nested at most " + DEEPEST + " deep", "deeper");
    }
    switch (value) {
      case TorchTensor tensor -> add(name, tensor);
      case Map<?, ?> map -> {
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          walk(join(name, entry.getKey()), entry.getValue(), depth + 1);
        }
      }
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          walk(join(name, i), list.get(i), depth + 1);
        }
      }
      default -> {} // a setting or a counter
    }
  }

  private String join(String name, Object key) throws IOException {
    String joined = name.isEmpty() ? key.toString() : name + "." + key;
    if (joined.length() > LONGEST_NAME) {
      throw place.limit("names of at most " + LONGEST_NAME + " characters", Quote.of(joined));
    }
    return joined;
  }

  private void add(String name, TorchTensor tensor) throws IOException {
    if (tensors.put(name, tensor) != null) {
      throw place.wrong("each tensor once", Quote.of(name) + " twice");
    }
    if (tensors.size() > MOST_TENSORS) {
      throw place.limit("at most " + MOST_TENSORS + " tensors", "more");
    }
  }
}
