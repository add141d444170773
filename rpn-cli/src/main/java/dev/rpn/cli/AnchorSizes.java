package dev.rpn.cli;

import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Anchor sizes by level, written {@code 32,64,128} or, of several levels, {@code 32;64;128}. */
record AnchorSizes(List<List<Float>> levels) {
  /** Reads what the user wrote. */
  static final class Converter implements ITypeConverter<AnchorSizes> {
    @Override
    public AnchorSizes convert(String text) {
      try {
        return new AnchorSizes(
            Arrays.stream(text.split(";", -1))
                .map(level -> Arrays.stream(level.split(",", -1)).map(Float::valueOf).toList())
                .toList());
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "expected sizes separated by ',' and levels by ';', such as 32,64,128, got '"
                + text
                + "'");
      }
    }
  }
}
