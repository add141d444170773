package dev.rpn.cli;

import dev.rpn.anchor.Box;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Scenes as a PASCAL VOC folder, so that every command can read them. */
final class SceneFolder {
  private SceneFolder() {}

  /**
   * Writes a split.
   *
   * @param names one a scene, without extension
   * @return the pictures' files
   */
  static List<Path> write(Path folder, String split, List<String> names, List<Scene> scenes)
      throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("JPEGImages"));
    Path annotations = Files.createDirectories(folder.resolve("Annotations"));
    Path lists = Files.createDirectories(folder.resolve("ImageSets").resolve("Main"));
    var files = new ArrayList<Path>();
    for (int i = 0; i < scenes.size(); i++) {
      Path file = pictures.resolve(names.get(i) + ".png");
      scenes.get(i).picture().writePng(file);
      files.add(file);
      Files.writeString(
          annotations.resolve(names.get(i) + ".xml"), annotation(file, scenes.get(i)));
    }
    Files.write(lists.resolve(split + ".txt"), names);
    return files;
  }

  private static String annotation(Path file, Scene scene) {
    var xml = new StringBuilder();
    xml.append("<annotation>\n  <filename>").append(file.getFileName()).append("</filename>\n");
    xml.append(
        String.format(
            Locale.ROOT,
            "  <size><width>%d</width><height>%d</height><depth>3</depth></size>%n",
            scene.picture().width(),
            scene.picture().height()));
    for (Box box : scene.truths()) {
      xml.append(
          String.format(
              Locale.ROOT,
              "  <object>%n    <name>shape</name>%n    <bndbox><xmin>%s</xmin><ymin>%s</ymin>"
                  + "<xmax>%s</xmax><ymax>%s</ymax></bndbox>%n  </object>%n",
              box.x1(),
              box.y1(),
              box.x2(),
              box.y2()));
    }
    return xml.append("</annotation>\n").toString();
  }
}
