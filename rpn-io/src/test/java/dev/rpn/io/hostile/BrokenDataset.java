package dev.rpn.io.hostile;

import dev.rpn.io.data.CocoDataset;
import dev.rpn.io.data.Strictness;
import dev.rpn.io.data.VocDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Puts a lone annotation file into a folder that is a dataset but for it, and reads that. */
final class BrokenDataset {
  private BrokenDataset() {}

  static void readVoc(Path xml) throws IOException {
    Path root = xml.resolveSibling("voc");
    Path list = root.resolve("ImageSets/Main/train.txt");
    if (!Files.exists(list)) {
      Files.createDirectories(list.getParent());
      Files.createDirectories(root.resolve("Annotations"));
      Files.createDirectories(root.resolve("JPEGImages"));
      Files.createFile(root.resolve("JPEGImages/a.jpg"));
      Files.writeString(list, "a\n");
    }
    Files.copy(xml, root.resolve("Annotations/a.xml"), StandardCopyOption.REPLACE_EXISTING);
    VocDataset.read(root, "train", Strictness.LENIENT);
    VocDataset.read(root, "train", Strictness.STRICT);
  }

  static void readCoco(Path json) throws IOException {
    Path root = json.resolveSibling("coco");
    Path train = root.resolve("train");
    if (!Files.exists(train)) {
      Files.createDirectories(train);
      for (String picture : new String[] {"a.jpg", "b.png", "c.jpg"}) {
        Files.createFile(train.resolve(picture));
      }
    }
    Files.copy(json, root.resolve("train.json"), StandardCopyOption.REPLACE_EXISTING);
    CocoDataset.read(root, "train", Strictness.LENIENT);
    CocoDataset.read(root, "train", Strictness.STRICT);
  }
}
