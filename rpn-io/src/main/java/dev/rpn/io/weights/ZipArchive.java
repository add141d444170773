package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A zip archive that is never extracted to disk and whose directory has been checked: plain
 * relative names, each once, and no more than a hundred bytes out of one.
 */
final class ZipArchive implements Closeable {
  private static final int MOST_ENTRIES = 10_000;
  private static final int LONGEST_NAME = 1_000;
  private static final long HIGHEST_RATIO = 100;

  /** Up to here a ratio does no harm: a tensor of zeros may well shrink to a thousandth. */
  private static final long RATIO_FLOOR = 1 << 20;

  private static final Pattern ARCHIVE = Pattern.compile("(?is).*\\.(zip|npz|keras)");

  private final Place place;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

  private ZipArchive(Place place, ZipFile zip) {
    this.place = place;
    this.zip = zip;
  }

  /**
   * Opens an archive and checks its directory.
   *
   * @throws WeightFormatException if it is no zip or holds what is refused
   */
  static ZipArchive open(Path file) throws IOException {
    Place place = Place.of(file);
    ZipFile zip;
    try {
      zip = new ZipFile(file.toFile());
    } catch (ZipException | EOFException | RuntimeException e) {
      throw place.wrong("not a zip archive of " + Files.size(file) + " bytes", e);
    } catch (OutOfMemoryError e) {
      // Its directory is read as a whole.
      throw place.memory(Files.size(file), e);
    }
    try {
      var archive = new ZipArchive(place, zip);
      archive.check(Files.size(file));
      return archive;
    } catch (IOException e) {
      zip.close();
      throw e;
    } catch (RuntimeException e) {
      zip.close();
      throw place.wrong("not a readable zip archive", e);
    }
  }

  private void check(long fileBytes) throws IOException {
    if (zip.size() > MOST_ENTRIES) {
      throw place.limit("at most " + MOST_ENTRIES + " entries", zip.size());
    }
    long stored = 0;
    long inflated = 0;
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String name = entry.getName();
      checkName(name);
      if (ARCHIVE.matcher(name).matches()) {
        throw place.entry(name).unsupported("archives within an archive are refused");
      }
      if (entries.put(name, entry) != null) {
        throw place.wrong("each entry once", Quote.of(name) + " twice");
      }
      if (entry.getSize() < 0 || entry.getCompressedSize() < 0) {
        throw place.entry(name).wrong("sizes in the directory", "none");
      }
      if (entry.getMethod() != ZipEntry.STORED && entry.getMethod() != ZipEntry.DEFLATED) {
        throw place.entry(name).unsupported("compression method " + entry.getMethod());
      }
      checkRatio(place.entry(name), entry.getSize(), entry.getCompressedSize());
      stored += entry.getCompressedSize();
      inflated += entry.getSize();
    }
    if (stored > fileBytes) {
      throw place.limit(
          "entries that do not overlap in " + fileBytes + " bytes", stored + " bytes of entries");
    }
    checkRatio(place, inflated, stored);
    entries.values().removeIf(ZipEntry::isDirectory);
  }

  private void checkName(String name) throws IOException {
    if (name.length() > LONGEST_NAME) {
      throw place.limit("names of at most " + LONGEST_NAME + " characters", Quote.of(name));
    }
    boolean plain = !name.isEmpty() && name.indexOf('\\') < 0 && name.indexOf('\0') < 0;
    if (plain) {
      // A name with a drive or an empty, '.' or '..' part could leave the folder of whoever
      // extracts.
      boolean drive = name.length() > 1 && name.charAt(1) == ':';
      String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
      for (String part : path.split("/", -1)) {
        plain &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
      }
      plain &= !drive;
    }
    if (!plain) {
      throw place.wrong("plain relative names", Quote.of(name));
    }
  }

  private static void checkRatio(Place place, long inflated, long stored) throws IOException {
    if (inflated > RATIO_FLOOR && inflated / HIGHEST_RATIO > stored) {
      throw place.limit(
          "at most " + HIGHEST_RATIO + " times the stored " + stored + " bytes",
          inflated + " bytes");
    }
  }

  /** Where the archive is. */
  Place place() {
    return place;
  }

  /** The names of the files in it, in the directory's order. */
  List<String> names() {
    return new ArrayList<>(entries.keySet());
  }

  boolean contains(String name) {
    return entries.containsKey(name);
  }

  /** Bytes of an entry once inflated. */
  long size(String name) {
    return entry(name).getSize();
  }

  private ZipEntry entry(String name) {
    ZipEntry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no entry " + Quote.of(name));
    }
    return entry;
  }

  /** An entry's bytes: never more than the directory says, and its checksum checked at the end. */
  InputStream open(String name) throws IOException {
    ZipEntry entry = entry(name);
    Place at = place.entry(name);
    try {
      InputStream in = zip.getInputStream(entry);
      if (in == null) {
        throw at.wrong("an entry", "none");
      }
      return new ZipEntryStream(at, in, entry.getSize(), entry.getCrc());
    } catch (ZipException | EOFException | RuntimeException e) {
      throw at.wrong("cannot be read", e);
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
