package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The few names that a state dict of tensors needs, as {@code torch.save} writes them: {@code
 * collections.OrderedDict}, {@code torch._utils._rebuild_tensor_v2} and {@code _rebuild_parameter},
 * and torch's storages. Every other class or function is refused by name; none is looked up.
 */
final class TorchVocabulary implements PickleReader.Vocabulary {
  /**
   * Adam keeps three tensors for each weight. A tensor takes three bytes of a pickle and, with many
   * sides, a kilobyte of heap.
   */
  private static final int MOST_TENSORS = 4 * StateDict.MOST_TENSORS;

  private enum Function {
    ORDERED_DICT("collections", "OrderedDict", 0),
    TENSOR("torch._utils", "_rebuild_tensor_v2", 6),
    PARAMETER("torch._utils", "_rebuild_parameter", 3);

    private final String module;
    private final String name;
    private final int arguments;

    Function(String module, String name, int arguments) {
      this.module = module;
      this.name = name;
      this.arguments = arguments;
    }
  }

  private int tensors;

  @Override
  public Object global(Place place, String module, String name) throws IOException {
    for (Function function : Function.values()) {
      if (function.module.equals(module) && function.name.equals(name)) {
        return function;
      }
    }
    TorchType type = module.equals("torch") ? TorchType.of(name) : null;
    if (type == null) {
      throw place.unsupported(
          "class or function "
              + Quote.of(module + "." + name)
              + " is refused: only state dicts of plain tensors are read,"
              + " as torch.save(model.state_dict(), FILE) writes them");
    }
    return type;
  }

  /** {@code ('storage', class, key, device, count)}. */
  @Override
  public Object persistent(Place place, Object id) throws IOException {
    if (id instanceof List<?> parts
        && parts.size() == 5
        && parts.get(0).equals("storage")
        && parts.get(1) instanceof TorchType type
        && parts.get(2) instanceof String key
        && parts.get(4) instanceof Long count
        && count >= 0) {
      return new TorchTensor.Storage(key, type, count);
    }
    throw place.wrong("the id of a storage", PickleReader.kind(id));
  }

  @Override
  public Object call(Place place, Object function, List<?> arguments) throws IOException {
    if (!(function instanceof Function known)) {
      throw place.unsupported("a call of " + PickleReader.kind(function) + " is refused");
    }
    if (arguments.size() < known.arguments || (known.arguments == 0 && !arguments.isEmpty())) {
      throw place.wrong(known.arguments + " arguments of " + known.name, arguments.size());
    }
    switch (known) {
      case ORDERED_DICT -> {
        return new LinkedHashMap<Object, Object>();
      }
      case PARAMETER -> {
        if (arguments.get(0) instanceof TorchTensor tensor) {
          return tensor;
        }
      }
      case TENSOR -> {
        // After these come gradient, hooks and, of late, a flag dictionary (conjugate, negative).
        if (arguments.size() > 6) {
          throw place.unsupported("a tensor with metadata is refused");
        }
        if (arguments.get(0) instanceof TorchTensor.Storage storage
            && arguments.get(1) instanceof Long offset
            && arguments.get(2) instanceof List<?> sides
            && arguments.get(3) instanceof List<?> strides) {
          if (++tensors > MOST_TENSORS) {
            throw place.limit("at most " + MOST_TENSORS + " tensors", "more");
          }
          return TorchTensor.of(place, storage, offset, sides, strides);
        }
      }
    }
    throw place.wrong("what " + known.name + " takes", PickleReader.kind(arguments.get(0)));
  }
}
