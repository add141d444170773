package dev.rpn.cli;

import dev.rpn.anchor.Box;
import dev.rpn.engine.Proposal;
import dev.rpn.io.picture.BoxPainter;
import dev.rpn.io.picture.Picture;
import java.util.List;

/** Pictures with proposals drawn. */
final class Drawing {
  private Drawing() {}

  /** A copy of a picture with proposals and, dashed, the true boxes. */
  static Picture of(Picture picture, List<Proposal> proposals, List<Box> truths) {
    return BoxPainter.paint(
        picture,
        proposals.stream().map(Proposal::box).toList(),
        proposals.stream().map(Proposal::score).toList(),
        truths);
  }

  /** Pictures of one size side by side, row after row. */
  static Picture sheet(List<Picture> pictures, int columns) {
    int width = pictures.get(0).width();
    int height = pictures.get(0).height();
    int rows = Math.ceilDiv(pictures.size(), columns);
    byte[] rgb = new byte[columns * width * rows * height * 3];
    for (int i = 0; i < pictures.size(); i++) {
      byte[] from = pictures.get(i).toBytes();
      for (int y = 0; y < height; y++) {
        int row = i / columns * height + y;
        int at = (row * columns + i % columns) * width * 3;
        System.arraycopy(from, y * width * 3, rgb, at, width * 3);
      }
    }
    return Picture.of(columns * width, rows * height, rgb);
  }
}
