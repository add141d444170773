package dev.rpn.io.picture;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;

/**
 * A number drawn with a pen. Java's text needs font files, which servers and containers often lack,
 * and looks different on every machine.
 */
final class Digits {
  /** Of a digit, in units of its height; the pen's middle runs along these. */
  private static final double WIDTH = 0.56;

  private static final double ADVANCE = 0.82;
  private static final double POINT_ADVANCE = 0.40;
  private static final double PEN = 0.15;

  private final String text;
  private final double height;

  /**
   * @param text of digits, points and minus signs
   * @param height of a digit in pixels
   */
  Digits(String text, double height) {
    this.text = text;
    this.height = height;
  }

  /** Pixels from the left edge of the first digit to the right edge of the last. */
  double width() {
    double width = 0;
    for (int i = 0; i < text.length(); i++) {
      width += advance(text.charAt(i));
    }
    return (width - ADVANCE + WIDTH) * height;
  }

  double height() {
    return height;
  }

  /** Draws in the current colour with the top left corner at a point. */
  void draw(Graphics2D graphics, double x, double y) {
    graphics.setStroke(
        new BasicStroke((float) (PEN * height), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    double at = x;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      AffineTransform place = AffineTransform.getTranslateInstance(at, y);
      place.scale(height, height);
      graphics.draw(shape(c).createTransformedShape(place));
      at += advance(c) * height;
    }
  }

  private static double advance(char c) {
    return c == '.' ? POINT_ADVANCE : ADVANCE;
  }

  private static Path2D shape(char c) {
    return switch (c) {
      case '0' -> oval(0.28, 0.5, 0.28, 0.5);
      case '1' -> lines(0.08, 0.2, 0.34, 0, 0.34, 1);
      case '2' -> {
        Path2D path = new Path2D.Double();
        path.moveTo(0.02, 0.24);
        path.curveTo(0.06, -0.1, 0.56, -0.07, 0.54, 0.28);
        path.curveTo(0.53, 0.5, 0.2, 0.72, 0.02, 1);
        path.lineTo(0.56, 1);
        yield path;
      }
      case '3' -> {
        Path2D path = new Path2D.Double();
        path.moveTo(0.03, 0.16);
        path.curveTo(0.14, -0.06, 0.52, -0.05, 0.52, 0.25);
        path.curveTo(0.52, 0.42, 0.38, 0.48, 0.2, 0.48);
        path.curveTo(0.42, 0.48, 0.56, 0.57, 0.56, 0.74);
        path.curveTo(0.56, 1.06, 0.12, 1.09, 0, 0.83);
        yield path;
      }
      case '4' -> lines(0.44, 1, 0.44, 0, 0, 0.7, 0.58, 0.7);
      case '5' -> {
        Path2D path = lines(0.5, 0, 0.1, 0, 0.05, 0.46);
        path.curveTo(0.2, 0.32, 0.56, 0.36, 0.56, 0.68);
        path.curveTo(0.56, 1.05, 0.12, 1.1, 0, 0.85);
        yield path;
      }
      case '6' -> six();
      case '7' -> lines(0, 0, 0.56, 0, 0.2, 1);
      case '8' -> {
        Path2D path = oval(0.28, 0.24, 0.24, 0.24);
        path.append(oval(0.28, 0.74, 0.28, 0.26), false);
        yield path;
      }
      case '9' -> {
        Path2D path = six();
        path.transform(AffineTransform.getRotateInstance(Math.PI, WIDTH / 2, 0.5));
        yield path;
      }
      case '-' -> lines(0.08, 0.55, 0.48, 0.55);
      default -> lines(0.0, 0.97, 0.0, 0.98);
    };
  }

  private static Path2D six() {
    Path2D path = oval(0.28, 0.68, 0.28, 0.32);
    path.moveTo(0.46, 0);
    path.curveTo(0.2, 0.14, 0.01, 0.4, 0, 0.68);
    return path;
  }

  private static Path2D oval(double x, double y, double across, double down) {
    Path2D path = new Path2D.Double();
    path.append(new Ellipse2D.Double(x - across, y - down, 2 * across, 2 * down), false);
    return path;
  }

  private static Path2D lines(double... points) {
    Path2D path = new Path2D.Double();
    path.moveTo(points[0], points[1]);
    for (int i = 2; i < points.length; i += 2) {
      path.lineTo(points[i], points[i + 1]);
    }
    return path;
  }
}
