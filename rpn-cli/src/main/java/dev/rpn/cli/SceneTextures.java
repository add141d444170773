package dev.rpn.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/** Colours and patterns of one scene: a dull ground, and objects in all colours. */
final class SceneTextures {
  private final SplittableRandom random;
  private final float groundHue;
  private final float groundLight;

  SceneTextures(SplittableRandom random) {
    this.random = random;
    groundHue = (float) random.nextDouble();
    groundLight = (float) random.nextDouble(0.3, 0.8);
  }

  /** Fills a picture with clouds of two scales and grain. */
  void ground(BufferedImage image) {
    Color base = Color.getHSBColor(groundHue, (float) random.nextDouble(0.08, 0.35), groundLight);
    double[][] wide = noise(5, 4);
    double[][] narrow = noise(21, 16);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        double u = (double) x / image.getWidth();
        double v = (double) y / image.getHeight();
        double light = 46 * at(wide, u, v) + 22 * at(narrow, u, v) + random.nextDouble(-7, 7);
        image.setRGB(x, y, lighter(base, light).getRGB());
      }
    }
  }

  /** Values in [-1, 1] at the corners of a grid. */
  private double[][] noise(int columns, int rows) {
    double[][] values = new double[rows + 1][columns + 1];
    for (double[] row : values) {
      for (int i = 0; i < row.length; i++) {
        row[i] = random.nextDouble(-1, 1);
      }
    }
    return values;
  }

  /** Between four corners, with smooth seams; u and v in [0, 1). */
  private static double at(double[][] noise, double u, double v) {
    double x = u * (noise[0].length - 1);
    double y = v * (noise.length - 1);
    int column = (int) x;
    int row = (int) y;
    double s = smooth(x - column);
    double t = smooth(y - row);
    double upper = noise[row][column] * (1 - s) + noise[row][column + 1] * s;
    double lower = noise[row + 1][column] * (1 - s) + noise[row + 1][column + 1] * s;
    return upper * (1 - t) + lower * t;
  }

  private static double smooth(double t) {
    return t * t * (3 - 2 * t);
  }

  private static Color lighter(Color color, double by) {
    return new Color(
        (int) Math.clamp(color.getRed() + by, 0, 255),
        (int) Math.clamp(color.getGreen() + by, 0, 255),
        (int) Math.clamp(color.getBlue() + by, 0, 255));
  }

  /** A colour of the ground's, a little lighter or darker. */
  Color faint() {
    Color base = Color.getHSBColor(groundHue, 0.25f, groundLight);
    return lighter(base, random.nextDouble(25, 60) * (random.nextBoolean() ? 1 : -1));
  }

  /** Fills a shape with a pattern of two colours; returns one for its edge. */
  Color fill(Graphics2D graphics, Shape shape) {
    float hue = (float) random.nextDouble();
    Color first =
        Color.getHSBColor(
            hue, (float) random.nextDouble(0.45, 0.95), (float) random.nextDouble(0.45, 1));
    Color second =
        random.nextBoolean()
            ? lighter(first, random.nextBoolean() ? 75 : -75)
            : Color.getHSBColor(hue + (float) random.nextDouble(0.25, 0.75), 0.7f, 0.85f);
    Shape clip = graphics.getClip();
    AffineTransform transform = graphics.getTransform();
    Rectangle2D bounds = shape.getBounds2D();
    graphics.setColor(first);
    graphics.fill(shape);
    graphics.clip(shape);
    graphics.translate(bounds.getCenterX(), bounds.getCenterY());
    graphics.rotate(random.nextDouble(2 * Math.PI));
    double reach = Math.hypot(bounds.getWidth(), bounds.getHeight()) / 2;
    double period = random.nextDouble(6, 15);
    graphics.setColor(second);
    switch (random.nextInt(6)) {
      case 0 -> stripes(graphics, reach, period);
      case 1 -> checks(graphics, reach, period);
      case 2 -> dots(graphics, reach, period);
      case 3 -> rings(graphics, reach, period);
      case 4 -> {
        graphics.setPaint(
            new GradientPaint((float) -reach / 2, 0, first, (float) reach / 2, 0, second));
        graphics.fill(square(-reach, -reach, 2 * reach));
      }
      default -> specks(graphics, reach);
    }
    graphics.setTransform(transform);
    graphics.setClip(clip);
    return lighter(first, random.nextBoolean() ? -90 : 60);
  }

  private static void stripes(Graphics2D graphics, double reach, double period) {
    graphics.setStroke(new BasicStroke((float) (period / 2)));
    for (double x = -reach; x <= reach; x += period) {
      graphics.draw(new Line2D.Double(x, -reach, x, reach));
    }
  }

  private static void checks(Graphics2D graphics, double reach, double period) {
    int cells = (int) (2 * reach / period) + 1;
    for (int i = 0; i < cells; i++) {
      for (int j = i % 2; j < cells; j += 2) {
        graphics.fill(square(i * period - reach, j * period - reach, period));
      }
    }
  }

  private static void dots(Graphics2D graphics, double reach, double period) {
    for (double x = -reach; x <= reach; x += period) {
      for (double y = -reach; y <= reach; y += period) {
        graphics.fill(new Ellipse2D.Double(x, y, period * 0.55, period * 0.55));
      }
    }
  }

  private static void rings(Graphics2D graphics, double reach, double period) {
    graphics.setStroke(new BasicStroke((float) (period / 2)));
    for (double r = period / 2; r <= reach; r += period) {
      graphics.draw(new Ellipse2D.Double(-r, -r, 2 * r, 2 * r));
    }
  }

  private void specks(Graphics2D graphics, double reach) {
    int count = (int) (reach * reach / 12) + 8;
    for (int i = 0; i < count; i++) {
      double size = random.nextDouble(1.5, 5);
      graphics.fill(
          square(random.nextDouble(-reach, reach), random.nextDouble(-reach, reach), size));
    }
  }

  private static Rectangle2D square(double x, double y, double side) {
    return new Rectangle2D.Double(x, y, side, side);
  }
}
