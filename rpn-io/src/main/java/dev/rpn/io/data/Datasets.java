package dev.rpn.io.data;

import java.io.IOException;
import java.nio.file.Path;

/** Opens folders of annotated pictures. */
public final class Datasets {
  private Datasets() {}

  /**
   * Reads a split of a folder, finding out which format it has: PASCAL VOC if there is an {@code
   * ImageSets/Main}, COCO if there is an annotation file where {@link CocoDataset} looks for one.
   *
   * @throws AnnotationFormatException if it is neither or both, or as {@link VocDataset} and {@link
   *     CocoDataset} say
   * @throws IOException if a file can not be read
   */
  public static Dataset open(Path root, String split, Strictness strictness) throws IOException {
    Paths.checkSplit(split);
    Paths.requireFolder(root);
    boolean voc = VocDataset.isVoc(root);
    boolean coco = CocoDataset.isCoco(root, split);
    if (voc == coco) {
      throw new AnnotationFormatException(
          root,
          "",
          "a PASCAL VOC folder (ImageSets/Main/"
              + split
              + ".txt, Annotations, JPEGImages) or a COCO folder (one of "
              + CocoDataset.names(root, split)
              + ")",
          voc ? "both; name the format" : "neither");
    }
    return open(root, voc ? DatasetFormat.VOC : DatasetFormat.COCO, split, strictness);
  }

  /**
   * Reads a split of a folder of a known format.
   *
   * @throws IOException as {@link VocDataset#read} and {@link CocoDataset#read} say
   */
  public static Dataset open(Path root, DatasetFormat format, String split, Strictness strictness)
      throws IOException {
    return switch (format) {
      case VOC -> VocDataset.read(root, split, strictness);
      case COCO -> CocoDataset.read(root, split, strictness);
    };
  }
}
