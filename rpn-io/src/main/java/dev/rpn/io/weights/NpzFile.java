package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** An open {@code .npz} archive: every header read and checked, no values yet. */
final class NpzFile implements Closeable {
  private static final String SUFFIX = ".npy";

  private final ZipArchive zip;
  private final Map<String, NpyHeader> headers = new LinkedHashMap<>();

  private NpzFile(ZipArchive zip) {
    this.zip = zip;
  }

  static NpzFile open(Path file) throws IOException {
    var npz = new NpzFile(ZipArchive.open(file));
    try {
      npz.readHeaders();
      return npz;
    } catch (IOException e) {
      npz.close();
      throw e;
    }
  }

  private void readHeaders() throws IOException {
    for (String entry : zip.names()) {
      if (!entry.endsWith(SUFFIX)) {
        throw zip.place().unsupported("entry " + Quote.of(entry) + " is not a .npy array");
      }
      try (InputStream in = zip.open(entry)) {
        String name = entry.substring(0, entry.length() - SUFFIX.length());
        headers.put(name, Npy.header(zip.place().entry(entry), in, zip.size(entry)));
      }
    }
  }

  /** The arrays' headers by name, in the file's order. */
  Map<String, NpyHeader> headers() {
    return headers;
  }

  /** Reads one array. */
  NpyArray array(String name) throws IOException {
    String entry = name + SUFFIX;
    Place place = zip.place().entry(entry);
    long size = zip.size(entry);
    try (InputStream in = new BufferedInputStream(zip.open(entry))) {
      return Npy.values(place, in, size, NpyHeader.read(place, in, size));
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
