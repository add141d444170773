package dev.rpn.cli;

import dev.rpn.anchor.Box;
import dev.rpn.anchor.IoU;
import dev.rpn.io.picture.Picture;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.QuadCurve2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws a scene to learn from: textured shapes of many sizes on a restless ground that has lines of
 * its own. The same seed gives the same scene.
 */
final class SceneArtist {
  /** Columns of every scene. */
  static final int WIDTH = 320;

  /** Rows of every scene. */
  static final int HEIGHT = 240;

  private static final int FEWEST = 2;
  private static final int MOST = 6;
  private static final double SMALLEST = 28;
  private static final double LARGEST = 120;
  private static final int ATTEMPTS = 40;
  private static final int MARGIN = 3;

  /** Boxes may touch, not hide each other. */
  private static final float MOST_OVERLAP = 0.05f;

  private final SplittableRandom random;
  private final BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
  private final Graphics2D graphics = image.createGraphics();
  private final SceneTextures textures;
  private final List<Box> truths = new ArrayList<>();

  private SceneArtist(SplittableRandom random) {
    this.random = random;
    textures = new SceneTextures(random);
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
  }

  /** The scene of that number. */
  static Scene draw(long seed, int number) {
    var artist = new SceneArtist(new SplittableRandom(seed * 1_000_003 + number));
    try {
      artist.textures.ground(artist.image);
      artist.clutter();
      artist.objects();
    } finally {
      artist.graphics.dispose();
    }
    return new Scene(picture(artist.image), artist.truths);
  }

  /** Curves that are no objects. */
  private void clutter() {
    for (int i = random.nextInt(3, 9); i > 0; i--) {
      graphics.setColor(textures.faint());
      graphics.setStroke(
          new BasicStroke((float) random.nextDouble(0.6, 3), BasicStroke.CAP_ROUND, 0));
      graphics.draw(
          new QuadCurve2D.Double(
              random.nextDouble(-40, WIDTH + 40),
              random.nextDouble(-40, HEIGHT + 40),
              random.nextDouble(WIDTH),
              random.nextDouble(HEIGHT),
              random.nextDouble(-40, WIDTH + 40),
              random.nextDouble(-40, HEIGHT + 40)));
    }
  }

  private void objects() {
    int wanted = random.nextInt(FEWEST, MOST + 1);
    for (int attempt = 0; attempt < ATTEMPTS && truths.size() < wanted; attempt++) {
      // As many of every scale: sizes are uniform in their logarithm.
      double size = SMALLEST * Math.pow(LARGEST / SMALLEST, random.nextDouble());
      double stretch = Math.pow(2, random.nextDouble(-0.4, 0.4));
      var transform = AffineTransform.getRotateInstance(random.nextDouble(2 * Math.PI));
      transform.scale(size * stretch, size / stretch);
      Shape shape = transform.createTransformedShape(SceneShapes.any(random));
      Rectangle2D bounds = shape.getBounds2D();
      double roomX = WIDTH - 2 * MARGIN - bounds.getWidth();
      double roomY = HEIGHT - 2 * MARGIN - bounds.getHeight();
      if (roomX < 1 || roomY < 1) {
        continue;
      }
      shape =
          AffineTransform.getTranslateInstance(
                  MARGIN + random.nextDouble(roomX) - bounds.getX(),
                  MARGIN + random.nextDouble(roomY) - bounds.getY())
              .createTransformedShape(shape);
      Box box = box(shape.getBounds2D());
      if (truths.stream().allMatch(other -> IoU.of(box, other) <= MOST_OVERLAP)) {
        truths.add(box);
        object(shape);
      }
    }
  }

  private static Box box(Rectangle2D bounds) {
    return new Box(
        (float) bounds.getMinX(),
        (float) bounds.getMinY(),
        (float) bounds.getMaxX(),
        (float) bounds.getMaxY());
  }

  private void object(Shape shape) {
    graphics.setColor(new Color(0, 0, 0, 22));
    for (int blur = 1; blur <= 4; blur++) {
      graphics.translate(0.8, 0.8);
      graphics.fill(shape);
    }
    graphics.translate(-3.2, -3.2);
    Color edge = textures.fill(graphics, shape);
    if (random.nextInt(3) > 0) {
      graphics.setColor(edge);
      graphics.setStroke(new BasicStroke((float) random.nextDouble(0.8, 2)));
      graphics.draw(shape);
    }
  }

  private static Picture picture(BufferedImage image) {
    byte[] rgb = new byte[WIDTH * HEIGHT * 3];
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      int value = image.getRGB(i % WIDTH, i / WIDTH);
      rgb[3 * i] = (byte) (value >> 16);
      rgb[3 * i + 1] = (byte) (value >> 8);
      rgb[3 * i + 2] = (byte) value;
    }
    return Picture.of(WIDTH, HEIGHT, rgb);
  }
}
