package dev.rpn.cli;

import java.awt.Shape;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.RoundRectangle2D;
import java.util.SplittableRandom;

/** Outlines of about one unit across, around the origin. */
final class SceneShapes {
  private SceneShapes() {}

  static Shape any(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> new Ellipse2D.Double(-0.5, -0.5, 1, 1);
      case 1 -> new RoundRectangle2D.Double(-0.42, -0.42, 0.84, 0.84, 0.2, 0.2);
      case 2 -> polygon(3, 0.5, 0.5);
      case 3 -> polygon(random.nextInt(5, 8), 0.5, 0.5);
      case 4 -> polygon(2 * random.nextInt(5, 8), 0.5, random.nextDouble(0.25, 0.38));
      case 5 -> ring();
      case 6 -> cross();
      default -> blob(random);
    };
  }

  /** Corners on two circles in turn: a regular polygon where they are the same, else a star. */
  private static Shape polygon(int corners, double outer, double inner) {
    var path = new Path2D.Double();
    for (int i = 0; i < corners; i++) {
      double angle = 2 * Math.PI * i / corners;
      double radius = i % 2 == 0 ? outer : inner;
      point(path, i, radius * Math.cos(angle), radius * Math.sin(angle));
    }
    path.closePath();
    return path;
  }

  private static Shape ring() {
    var ring = new Area(new Ellipse2D.Double(-0.5, -0.5, 1, 1));
    ring.subtract(new Area(new Ellipse2D.Double(-0.24, -0.24, 0.48, 0.48)));
    return ring;
  }

  private static Shape cross() {
    var cross = new Area(new RoundRectangle2D.Double(-0.5, -0.17, 1, 0.34, 0.1, 0.1));
    cross.add(new Area(new RoundRectangle2D.Double(-0.17, -0.5, 0.34, 1, 0.1, 0.1)));
    return cross;
  }

  /** A closed curve whose radius goes up and down. */
  private static Shape blob(SplittableRandom random) {
    var path = new Path2D.Double();
    double phase2 = random.nextDouble(2 * Math.PI);
    double phase3 = random.nextDouble(2 * Math.PI);
    int points = 72;
    for (int i = 0; i < points; i++) {
      double angle = 2 * Math.PI * i / points;
      double radius =
          0.4 + 0.07 * Math.sin(2 * angle + phase2) + 0.06 * Math.sin(3 * angle + phase3);
      point(path, i, radius * Math.cos(angle), radius * Math.sin(angle));
    }
    path.closePath();
    return path;
  }

  private static void point(Path2D path, int index, double x, double y) {
    if (index == 0) {
      path.moveTo(x, y);
    } else {
      path.lineTo(x, y);
    }
  }
}
