package dev.rpn.io.data;

import dev.rpn.anchor.Box;
import dev.rpn.io.Quote;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads PASCAL VOC folders:
 *
 * <pre>
 * ImageSets/Main/SPLIT.txt    one picture's name a line, without extension
 * Annotations/NAME.xml        size and objects
 * JPEGImages/NAME.jpg         or .jpeg, .png, in lower or upper case
 * </pre>
 *
 * <p>Every object counts, difficult and truncated ones too. {@code xmin ymin xmax ymax} are taken
 * as edges just as they stand: nothing is subtracted for VOC's counting from 1.
 */
public final class VocDataset {
  /** A line may be of one character, and takes a hundred bytes of heap. */
  private static final long MAX_LIST_BYTES =
      Math.min(1 << 26, Runtime.getRuntime().maxMemory() / 128);

  private static final List<String> EXTENSIONS =
      List.of(".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG");

  private final Path root;
  private final Faults faults;

  private VocDataset(Path root, Strictness strictness) {
    this.root = root;
    this.faults = new Faults(strictness);
  }

  /**
   * Reads the annotations of a split.
   *
   * @param split name of the list in {@code ImageSets/Main}
   * @throws AnnotationFormatException if the list is missing; if a name leaves the folder; if an
   *     annotation has a DOCTYPE or an entity; and, when strict, at the first box of no area or
   *     outside its picture, missing file, repeated name or annotation that is no VOC XML
   * @throws IOException if a file can not be read
   */
  public static Dataset read(Path root, String split, Strictness strictness) throws IOException {
    Paths.checkSplit(split);
    Paths.requireFolder(root);
    return new VocDataset(root, strictness).read(split);
  }

  /** Whether a folder is laid out so. */
  static boolean isVoc(Path root) {
    return Files.isDirectory(lists(root));
  }

  private static Path lists(Path root) {
    return root.resolve("ImageSets").resolve("Main");
  }

  private Dataset read(String split) throws IOException {
    Path list = lists(root).resolve(split + ".txt");
    Set<String> names = new HashSet<>();
    List<AnnotatedPicture> pictures = new ArrayList<>();
    int number = 0;
    for (String line : lines(list)) {
      number++;
      String name = line.strip();
      if (name.isEmpty()) {
        continue;
      }
      Path xml =
          Paths.inside(root, root.resolve("Annotations"), name + ".xml", list, "line " + number);
      if (!names.add(name)) {
        faults.picture(list, "line " + number, "every picture once", Quote.of(name) + " again");
        continue;
      }
      AnnotatedPicture picture = picture(name, xml, list);
      if (picture != null) {
        pictures.add(picture);
      }
    }
    return new Dataset(root, split, pictures, faults.skipped());
  }

  private List<String> lines(Path list) throws IOException {
    if (!Files.isRegularFile(list)) {
      throw new AnnotationFormatException(
          list, "", "a list of pictures", "no file; there is " + splits());
    }
    if (Files.size(list) > MAX_LIST_BYTES) {
      throw new AnnotationFormatException(
          list, "", "at most " + MAX_LIST_BYTES + " bytes", Files.size(list) + " bytes");
    }
    try {
      return Files.readAllLines(list);
    } catch (CharacterCodingException e) {
      throw new AnnotationFormatException(list, "", "UTF-8 text", "other bytes", e);
    }
  }

  /** The lists that are there, for someone who mistyped one. */
  private String splits() throws IOException {
    if (!isVoc(root)) {
      return "no ImageSets/Main either";
    }
    try (Stream<Path> files = Files.list(lists(root))) {
      List<String> names =
          files
              .map(file -> String.valueOf(file.getFileName()))
              .filter(name -> name.endsWith(".txt"))
              .map(name -> Quote.escape(name.substring(0, name.length() - 4)))
              .sorted()
              .limit(20)
              .toList();
      return names.isEmpty() ? "none" : String.join(", ", names);
    }
  }

  /** One picture of the list, or null where it is left out. */
  private @Nullable AnnotatedPicture picture(String name, Path xml, Path list) throws IOException {
    VocXml annotation;
    Path file;
    try {
      annotation = VocXml.read(xml);
      file = file(name, list);
    } catch (RefusedAnnotationException e) {
      throw e;
    } catch (AnnotationFormatException e) {
      faults.picture(e);
      return null;
    }
    List<Box> truths = new ArrayList<>();
    int number = 0;
    for (VocXml.VocObject object : annotation.objects()) {
      number++;
      String where = "object " + number;
      if (object.edges() == null) {
        faults.box(xml, where, "four numbers xmin, ymin, xmax, ymax", object.text());
        continue;
      }
      Edges edges = object.edges();
      String fault = edges.fault(annotation.width(), annotation.height());
      if (fault != null) {
        faults.box(xml, where, fault, edges.toString());
      } else {
        truths.add(edges.in(annotation.width(), annotation.height()));
      }
    }
    return new AnnotatedPicture(name, file, annotation.width(), annotation.height(), truths);
  }

  private Path file(String name, Path list) throws AnnotationFormatException {
    Path folder = root.resolve("JPEGImages");
    List<Path> candidates = new ArrayList<>();
    for (String extension : EXTENSIONS) {
      candidates.add(Paths.inside(root, folder, name + extension, list, Quote.of(name)));
    }
    Path file = Paths.first(candidates);
    if (file == null) {
      throw new AnnotationFormatException(
          folder, "", "a .jpg, .jpeg or .png named " + Quote.of(name), "none");
    }
    return file;
  }
}
