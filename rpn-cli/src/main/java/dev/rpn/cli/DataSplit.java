package dev.rpn.cli;

import dev.rpn.io.data.Dataset;
import dev.rpn.io.data.DatasetFormat;
import dev.rpn.io.data.Datasets;
import dev.rpn.io.data.Skipped;
import dev.rpn.io.data.Strictness;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Annotated pictures of a folder. */
final class DataSplit {
  private DataSplit() {}

  /**
   * Reads a split, saying on standard error what had to be left out of it.
   *
   * @param format null: what the folder looks like
   */
  static Dataset read(Path folder, @Nullable DatasetFormat format, String split, PrintWriter err)
      throws IOException {
    Dataset data =
        format == null
            ? Datasets.open(folder, split, Strictness.LENIENT)
            : Datasets.open(folder, format, split, Strictness.LENIENT);
    Skipped skipped = data.skipped();
    if (skipped.pictures() + skipped.boxes() > 0) {
      err.println(
          split
              + ": left out "
              + skipped.pictures()
              + " pictures and "
              + skipped.boxes()
              + " boxes, the first: "
              + skipped.reasons().get(0));
    }
    if (data.pictures().isEmpty()) {
      throw new IOException(folder + ": split '" + split + "' has no pictures");
    }
    return data;
  }
}
