package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import io.jhdf.HdfFile;
import io.jhdf.Superblock;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.exceptions.UnsupportedHdfException;
import io.jhdf.object.datatype.OpaqueDataType;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An HDF5 file in memory of its own. Links are not followed, a group that is reached twice is a
 * cycle, and whatever the parser throws becomes a {@link WeightFormatException}.
 */
final class Hdf5File implements Closeable {
  private static final int DEEPEST = 32;
  private static final int MOST_NODES = 100_000;

  private final Place place;
  private final long size;
  private final HdfFile file;

  private Hdf5File(Place place, long size, HdfFile file) {
    this.place = place;
    this.size = size;
    this.file = file;
  }

  /** Opens a file whose bytes are these. */
  static Hdf5File open(Place place, ByteBuffer bytes) throws IOException {
    long size = bytes.remaining();
    HdfFile file = guarded(place, () -> HdfFile.fromByteBuffer(bytes));
    Superblock superblock = file.getHdfBackingStorage().getSuperblock();
    long end = superblock.getBaseAddressByte() + superblock.getEndOfFileAddress();
    if (end > size) {
      throw place.truncated(end, 0, size);
    }
    return new Hdf5File(place, size, file);
  }

  Place place() {
    return place;
  }

  /** Bytes of the whole file. */
  long size() {
    return size;
  }

  Group root() {
    return file;
  }

  /** The group of that name below another, or null if there is none. */
  @Nullable Group group(Group parent, String name) throws IOException {
    return guarded(place, () -> parent.getChild(name)) instanceof Group group ? group : null;
  }

  /** An attribute that holds one text, or null. */
  @Nullable String text(Node node, String name) throws IOException {
    Object value =
        guarded(
            place,
            () -> {
              Attribute attribute = node.getAttributes().get(name);
              return attribute == null || attribute.isEmpty() ? "" : attribute.getData();
            });
    return value instanceof String text && !text.isEmpty() ? text : null;
  }

  /** Every data set below a group, by its path from there. */
  Map<String, Dataset> datasets(Group top) throws IOException {
    var found = new TreeMap<String, Dataset>();
    collect(top, "", 0, new HashSet<>(), found);
    return found;
  }

  private void collect(
      Group group, String path, int depth, Set<Long> seen, Map<String, Dataset> found)
      throws IOException {
    if (depth > DEEPEST) {
      throw place.tensor(path).limit("groups at most " + DEEPEST + " deep", "more");
    }
    if (!seen.add(guarded(place, group::getAddress))) {
      throw place.tensor(path).wrong("each group once", "a cycle");
    }
    for (Map.Entry<String, Node> child : guarded(place, group::getChildren).entrySet()) {
      String name = path.isEmpty() ? child.getKey() : path + "/" + child.getKey();
      Node node = child.getValue();
      if (found.size() + seen.size() > MOST_NODES) {
        throw place.limit("at most " + MOST_NODES + " groups and data sets", "more");
      }
      if (node.isLink()) {
        throw place.tensor(name).unsupported("links are not followed");
      }
      if (node instanceof Group below) {
        collect(below, name, depth + 1, seen, found);
      } else if (node instanceof Dataset dataset) {
        found.put(name, dataset);
      }
    }
  }

  /** Runs a piece of the parser, which throws at whim on files that are not well formed. */
  static <T> T guarded(Place place, Supplier<T> piece) throws IOException {
    try {
      return piece.get();
    } catch (RuntimeException e) {
      throw translate(place, root(e));
    } catch (StackOverflowError e) {
      throw place.limit("HDF5 structures of a sane depth", "endless nesting");
    } catch (OutOfMemoryError e) {
      throw new WeightLimitException(
          place + ": HDF5 structures do not fit into the memory that is left", e);
    }
  }

  private static WeightFormatException translate(Place place, Throwable cause) {
    if (cause instanceof UnsupportedHdfException) {
      return place.unsupported(Quote.escape(String.valueOf(cause.getMessage())));
    }
    for (StackTraceElement call : cause.getStackTrace()) {
      // The parser trips over the nameless opaque type that h5py gives to bfloat16.
      if (call.getClassName().equals(OpaqueDataType.class.getName())) {
        return place.unsupported("opaque values, as Keras stores bfloat16, are not read");
      }
    }
    return place.wrong("not a readable HDF5 file", cause);
  }

  /** The innermost cause: the outer ones only say which group was being read. */
  private static Throwable root(Throwable thrown) {
    Throwable inner = thrown;
    for (int i = 0; i < 10 && inner.getCause() != null; i++) {
      inner = inner.getCause();
    }
    return inner;
  }

  @Override
  public void close() throws IOException {
    guarded(
        place,
        () -> {
          file.close();
          return file;
        });
  }
}
