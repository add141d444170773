package dev.rpn.train;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of one training: files beside the model that it is to become, named {@code
 * MODEL.step-000000123.checkpoint}. The last two are kept.
 */
public final class Checkpoints {
  private static final int KEPT = 2;

  private final Path directory;
  private final Pattern names;
  private final String model;

  /**
   * Touches nothing yet.
   *
   * @param model the file that the training will write
   */
  public Checkpoints(Path model) {
    Path file = model.toAbsolutePath();
    directory = parent(file);
    this.model = String.valueOf(file.getFileName());
    names = Pattern.compile(Pattern.quote(this.model) + "\\.step-([0-9]{9,18})\\.checkpoint");
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + ": expected a file, got a directory");
    }
    return parent;
  }

  /** Those that are there, newest first; they may be corrupt. */
  public List<Path> list() throws IOException {
    var files = new ArrayList<Path>();
    if (!Files.isDirectory(directory)) {
      return files;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (step(entry) >= 0) {
          files.add(entry);
        }
      }
    }
    files.sort(Comparator.comparingLong(this::step).reversed());
    return files;
  }

  /** The step in a file's name; -1 if it is no checkpoint of this model. */
  private long step(Path file) {
    Matcher matcher = names.matcher(String.valueOf(file.getFileName()));
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
  }

  /** Deletes them all: after the model itself was written. */
  public void delete() throws IOException {
    for (Path file : list()) {
      Files.deleteIfExists(file);
    }
  }

  /** Writes one, then deletes those before the last two. */
  Path write(Checkpoint checkpoint, Parameters parameters) throws IOException {
    Path file =
        directory.resolve(String.format("%s.step-%09d.checkpoint", model, checkpoint.step()));
    CheckpointFile.write(file, checkpoint, parameters);
    List<Path> all = list();
    for (Path old : all.subList(Math.min(KEPT, all.size()), all.size())) {
      Files.deleteIfExists(old);
    }
    return file;
  }

  /**
   * Reads the newest.
   *
   * @return null if there is none
   * @throws CheckpointCorruptException if it is corrupt; names the newest that is good
   * @throws IllegalArgumentException if it is of another training
   */
  @Nullable Checkpoint read(String training, Parameters into) throws IOException {
    List<Path> all = list();
    if (all.isEmpty()) {
      return null;
    }
    Path newest = all.get(0);
    try {
      CheckpointFile.verify(newest);
      return CheckpointFile.read(newest, training, into);
    } catch (CheckpointFile.BrokenException e) {
      throw new CheckpointCorruptException(
          newest, String.valueOf(e.getMessage()), newestGood(all.subList(1, all.size())));
    }
  }

  private static @Nullable Path newestGood(List<Path> files) {
    return files.stream().filter(Checkpoints::isGood).findFirst().orElse(null);
  }

  private static boolean isGood(Path file) {
    try {
      CheckpointFile.verify(file);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
