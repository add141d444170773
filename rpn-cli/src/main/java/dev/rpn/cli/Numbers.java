package dev.rpn.cli;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers separated by commas. */
record Numbers(List<Float> values) {
  Numbers {
    values = List.copyOf(values);
  }

  static Numbers of(List<? extends Number> numbers) {
    return new Numbers(numbers.stream().map(Number::floatValue).toList());
  }

  /**
   * The same as whole numbers.
   *
   * @throws IllegalArgumentException if one is not
   */
  List<Integer> wholes() {
    return values.stream().map(Numbers::whole).toList();
  }

  private static int whole(float value) {
    if (value != Math.rint(value) || Math.abs(value) > 1 << 24) {
      throw new IllegalArgumentException("expected whole numbers, got " + value);
    }
    return (int) value;
  }

  /** As the user writes them. */
  @Override
  public String toString() {
    return values.stream()
        .map(v -> v == Math.rint(v) ? Long.toString(v.longValue()) : v.toString())
        .collect(Collectors.joining(","));
  }

  /** Reads what the user wrote. */
  static final class Converter implements ITypeConverter<Numbers> {
    @Override
    public Numbers convert(String text) {
      try {
        return new Numbers(Arrays.stream(text.split(",", -1)).map(Float::valueOf).toList());
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "expected numbers separated by ',', such as 0.5,1,2, got '" + text + "'");
      }
    }
  }
}
