package dev.rpn.io.picture;

import dev.rpn.anchor.Box;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Draws boxes on pictures. Needs neither a display nor fonts. */
public final class BoxPainter {
  /** Colours of scores 0, 0.5 and 1. */
  private static final Color[] SCALE = {
    new Color(0x3fa7ff), new Color(0xffd23f), new Color(0xff4d3d)
  };

  private static final Color SHADOW = new Color(0, 0, 0, 90);
  private static final Color TRUTH = Color.WHITE;

  private final Graphics2D graphics;
  private final int width;
  private final int height;

  /** Width of a line; everything else follows from it. */
  private final float line;

  private final List<Rectangle2D> labels = new ArrayList<>();

  private BoxPainter(BufferedImage image) {
    graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    width = image.getWidth();
    height = image.getHeight();
    line = Math.clamp(Math.min(width, height) / 270f, 1.25f, 6f);
  }

  /**
   * A copy of the picture with boxes drawn on it. Boxes go from blue over yellow to red with their
   * score and carry it as a label where there is room, the best on top; truths are dashed white
   * lines beneath them. What lies outside the picture is cut.
   *
   * @param boxes in pixels of the picture
   * @param scores one a box, 0 to 1
   * @param truths in pixels of the picture; may be empty
   * @throws IllegalArgumentException if there are not as many scores as boxes
   */
  public static Picture paint(
      Picture picture, List<Box> boxes, List<Float> scores, List<Box> truths) {
    if (boxes.size() != scores.size()) {
      throw new IllegalArgumentException(
          "scores: expected " + boxes.size() + ", one a box, got " + scores.size());
    }
    BufferedImage image = Images.toBuffered(picture);
    BoxPainter painter = new BoxPainter(image);
    try {
      painter.truths(truths);
      painter.boxes(boxes, scores);
    } finally {
      painter.graphics.dispose();
    }
    return Images.toPicture(image);
  }

  private void truths(List<Box> truths) {
    float[] dashes = {4 * line, 3 * line};
    for (Box truth : truths) {
      Rectangle2D frame = frame(truth);
      if (frame != null) {
        frame(frame, SHADOW, new BasicStroke(line + 1));
        frame(
            frame,
            TRUTH,
            new BasicStroke(line, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, dashes, 0));
      }
    }
  }

  private void boxes(List<Box> boxes, List<Float> scores) {
    List<Integer> bestFirst =
        IntStream.range(0, boxes.size())
            .boxed()
            .sorted(Comparator.comparing(scores::get).reversed())
            .toList();
    for (int i : bestFirst.reversed()) {
      Rectangle2D frame = frame(boxes.get(i));
      if (frame != null) {
        frame(frame, SHADOW, new BasicStroke(line + 1.5f));
        frame(frame, colour(scores.get(i)), new BasicStroke(line));
      }
    }
    for (int i : bestFirst) {
      Rectangle2D frame = frame(boxes.get(i));
      if (frame != null) {
        label(frame, scores.get(i));
      }
    }
  }

  /** The middle of the line around a box, so that all of it is in the picture; null for no box. */
  private @Nullable Rectangle2D frame(Box box) {
    if (!Float.isFinite(box.x1() + box.y1() + box.x2() + box.y2())) {
      return null;
    }
    float inset = line / 2;
    float x1 = Math.clamp(box.x1(), inset, width - inset);
    float y1 = Math.clamp(box.y1(), inset, height - inset);
    float x2 = Math.clamp(box.x2(), inset, width - inset);
    float y2 = Math.clamp(box.y2(), inset, height - inset);
    return x2 >= x1 && y2 >= y1 ? new Rectangle2D.Float(x1, y1, x2 - x1, y2 - y1) : null;
  }

  private void frame(Rectangle2D frame, Color colour, BasicStroke stroke) {
    graphics.setStroke(stroke);
    graphics.setColor(colour);
    graphics.draw(frame);
  }

  /** Puts the score at a corner where no better one stands, or leaves it out. */
  private void label(Rectangle2D frame, float score) {
    Digits digits = new Digits(String.format(Locale.ROOT, "%.2f", score), 7 * line);
    double w = digits.width() + 4 * line;
    double h = digits.height() + 4 * line;
    double left = frame.getMinX() - line / 2;
    double right = frame.getMaxX() + line / 2 - w;
    double above = frame.getMinY() - line / 2 - h;
    double inside = frame.getMinY() + line / 2;
    double below = frame.getMaxY() + line / 2;
    double[][] corners = {
      {left, above}, {right, above}, {left, below}, {right, below}, {left, inside}, {right, inside}
    };
    for (double[] corner : corners) {
      Rectangle2D place = new Rectangle2D.Double(corner[0], corner[1], w, h);
      boolean free =
          new Rectangle2D.Double(0, 0, width, height).contains(place)
              && labels.stream().noneMatch(place::intersects);
      if (free) {
        labels.add(place);
        Color colour = colour(score);
        graphics.setColor(colour);
        graphics.fill(
            new RoundRectangle2D.Double(place.getX(), place.getY(), w, h, 2.5 * line, 2.5 * line));
        graphics.setColor(Color.BLACK);
        digits.draw(graphics, place.getX() + 2 * line, place.getY() + 2 * line);
        return;
      }
    }
  }

  private static Color colour(float score) {
    float at = Math.clamp(Float.isNaN(score) ? 0 : score, 0, 1) * (SCALE.length - 1);
    int from = Math.min((int) at, SCALE.length - 2);
    float part = at - from;
    return new Color(
        mix(SCALE[from].getRed(), SCALE[from + 1].getRed(), part),
        mix(SCALE[from].getGreen(), SCALE[from + 1].getGreen(), part),
        mix(SCALE[from].getBlue(), SCALE[from + 1].getBlue(), part));
  }

  private static int mix(int a, int b, float part) {
    return Math.round(a + (b - a) * part);
  }
}
