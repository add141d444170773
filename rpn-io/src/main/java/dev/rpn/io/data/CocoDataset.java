package dev.rpn.io.data;

import dev.rpn.anchor.Box;
import dev.rpn.io.Quote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads COCO folders. The annotations of a split are the first of
 *
 * <pre>
 * annotations/instances_SPLIT.json
 * annotations/SPLIT.json
 * SPLIT.json
 * SPLIT/_annotations.coco.json
 * </pre>
 *
 * <p>that is there, and a picture's {@code file_name} is looked for in {@code SPLIT/}, {@code
 * images/SPLIT/}, {@code images/} and the folder itself, in this order.
 *
 * <p>Every category counts. {@code bbox} is x, y, width, height; edges are the sums. Crowd regions
 * ({@code iscrowd} 1) are no single object and are left out.
 */
public final class CocoDataset {
  private final Path root;
  private final Path json;
  private final List<Path> folders;
  private final Faults faults;

  private CocoDataset(Path root, Path json, String split, Strictness strictness) {
    this.root = root;
    this.json = json;
    this.folders =
        List.of(
            root.resolve(split),
            root.resolve("images").resolve(split),
            root.resolve("images"),
            root);
    this.faults = new Faults(strictness);
  }

  /**
   * Reads the annotations of a split.
   *
   * @throws AnnotationFormatException if there is no annotation file, or it is no JSON, nested too
   *     deeply or too large for the heap; if a file name leaves the folder; and, when strict, at
   *     the first missing file, repeated or unknown id, {@code bbox} that is not four numbers, box
   *     of no area or outside its picture
   * @throws IOException if a file can not be read
   */
  public static Dataset read(Path root, String split, Strictness strictness) throws IOException {
    Paths.checkSplit(split);
    Paths.requireFolder(root);
    Path json = Paths.first(candidates(root, split));
    if (json == null) {
      throw new AnnotationFormatException(root, "", "one of " + names(root, split), "none of them");
    }
    return new CocoDataset(root, json, split, strictness).read(split);
  }

  /** Whether a folder holds annotations of that split, or of any. */
  static boolean isCoco(Path root, String split) {
    return Paths.first(candidates(root, split)) != null
        || Files.isDirectory(root.resolve("annotations"));
  }

  /** Where annotations are looked for, for a message. */
  static String names(Path root, String split) {
    return String.join(
        ", ",
        candidates(root, split).stream()
            .map(file -> Quote.escape(root.relativize(file).toString()))
            .toList());
  }

  private static List<Path> candidates(Path root, String split) {
    Path annotations = root.resolve("annotations");
    return List.of(
        annotations.resolve("instances_" + split + ".json"),
        annotations.resolve(split + ".json"),
        root.resolve(split + ".json"),
        root.resolve(split).resolve("_annotations.coco.json"));
  }

  private Dataset read(String split) throws IOException {
    CocoJson content = CocoJson.read(json, faults);
    Map<Long, Found> pictures = new LinkedHashMap<>();
    Set<Long> skipped = new HashSet<>();
    for (CocoJson.Image image : content.images()) {
      if (pictures.containsKey(image.id()) || skipped.contains(image.id())) {
        faults.picture(json, "image " + image.id(), "every id once", "it again");
        continue;
      }
      Path file = file(image);
      if (file == null) {
        skipped.add(image.id());
      } else {
        pictures.put(image.id(), new Found(image, file, new ArrayList<>()));
      }
    }
    Set<Long> ids = new HashSet<>();
    for (CocoJson.Annotation annotation : content.annotations()) {
      Found picture = pictures.get(annotation.imageId());
      if (!ids.add(annotation.id())) {
        faults.box(json, "annotation " + annotation.id(), "every id once", "it again");
      } else if (picture != null) {
        add(annotation, picture);
      } else if (!skipped.contains(annotation.imageId())) {
        faults.box(
            json,
            "annotation " + annotation.id(),
            "the id of an image",
            "image_id " + annotation.imageId());
      }
    }
    return new Dataset(
        root, split, pictures.values().stream().map(Found::annotated).toList(), faults.skipped());
  }

  /** A picture whose file is there, and the boxes found for it so far. */
  private record Found(CocoJson.Image image, Path file, List<Box> truths) {
    AnnotatedPicture annotated() {
      return new AnnotatedPicture(
          image.fileName(), file, (int) image.width(), (int) image.height(), truths);
    }
  }

  private void add(CocoJson.Annotation annotation, Found picture) throws AnnotationFormatException {
    if (annotation.crowd()) {
      return;
    }
    Edges edges = annotation.edges();
    int width = (int) picture.image().width();
    int height = (int) picture.image().height();
    String expected = edges.fault(width, height);
    if (expected != null) {
      faults.box(json, "annotation " + annotation.id(), expected, edges.toString());
    } else {
      picture.truths().add(edges.in(width, height));
    }
  }

  /** The picture's file, or null where it is left out. */
  private @Nullable Path file(CocoJson.Image image) throws AnnotationFormatException {
    String where = "image " + image.id();
    List<Path> candidates = new ArrayList<>();
    for (Path folder : folders) {
      candidates.add(Paths.inside(root, folder, image.fileName(), json, where));
    }
    if (!Paths.isSize(image.width(), image.height())) {
      faults.picture(
          json, where, "the picture's width and height", image.width() + " x " + image.height());
      return null;
    }
    Path file = Paths.first(candidates);
    if (file == null) {
      faults.picture(
          json, where, "a file " + Quote.of(image.fileName()), "none in " + folderNames());
    }
    return file;
  }

  private String folderNames() {
    return String.join(
        ", ", folders.stream().map(folder -> Quote.escape(folder.toString())).toList());
  }
}
