package dev.rpn.train;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Box;
import dev.rpn.anchor.Profile;
import dev.rpn.io.picture.Picture;
import dev.rpn.model.Optimizer.Adam;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small drawn pictures: bright squares on dark noise. */
final class Scenes {
  static final int SIDE = 32;

  private Scenes() {}

  /** Five pictures: the third has no truth. */
  static List<TrainingPicture> pictures() {
    Random random = new Random(7);
    var pictures = new ArrayList<TrainingPicture>();
    for (int i = 0; i < 5; i++) {
      byte[] rgb = new byte[SIDE * SIDE * 3];
      random.nextBytes(rgb);
      for (int j = 0; j < rgb.length; j++) {
        rgb[j] = (byte) ((rgb[j] & 255) / 4);
      }
      var truths = new ArrayList<Box>();
      if (i != 2) {
        int x = random.nextInt(SIDE - 12);
        int y = random.nextInt(SIDE - 12);
        for (int row = y; row < y + 12; row++) {
          for (int value = 3 * x; value < 3 * (x + 12); value++) {
            rgb[row * SIDE * 3 + value] = (byte) 230;
          }
        }
        truths.add(new Box(x, y, x + 12, y + 12));
      }
      pictures.add(TrainingPicture.of("scene " + i, Picture.of(SIDE, SIDE, rgb), truths));
    }
    return pictures;
  }

  /** Three steps an epoch, the last of one picture. */
  static TrainingRecipe recipe(int epochs) {
    return new TrainingRecipe(
        List.of(4, 4, 6),
        6,
        new AnchorRecipe(List.of(List.of(8f, 14f)), List.of(1f), List.of()),
        Profile.TORCHVISION,
        SIDE,
        SIDE,
        epochs,
        2,
        Adam.torch().withLearningRate(3e-3f),
        42);
  }
}
