package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.anchor.Box;
import dev.rpn.engine.Workers;
import dev.rpn.io.picture.Picture;
import dev.rpn.kernel.Kernels;
import dev.rpn.kernel.Segments;
import dev.rpn.model.Optimizer.Sgd;
import dev.rpn.model.Preprocessing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FlipTest {
  private static Picture mirrored(Picture picture) {
    byte[] rgb = picture.toBytes();
    byte[] turned = new byte[rgb.length];
    int width = picture.width();
    for (int i = 0; i < rgb.length; i++) {
      int x = i / 3 % width;
      turned[i + 3 * (width - 1 - 2 * x)] = rgb[i];
    }
    return Picture.of(width, picture.height(), turned);
  }

  @Test
  void pictureAndBoxesAreThoseOfTheMirroredPicture() throws IOException {
    long seed = Long.getLong("rpn.seed", 17);
    byte[] rgb = new byte[7 * 5 * 3];
    new Random(seed).nextBytes(rgb);
    Picture picture = Picture.of(7, 5, rgb);
    List<Box> truths = List.of(new Box(1, 1, 3, 4), new Box(0, 0, 7, 5));
    List<Box> turned = List.of(new Box(4, 1, 6, 4), new Box(0, 0, 7, 5));
    List<TrainingPicture> both =
        List.of(
            TrainingPicture.of("given", picture, truths),
            TrainingPicture.of("mirrored", mirrored(picture), turned));
    PictureSet set = new PictureSet(both, Preprocessing.symmetric(14, 5), 1 << 20);
    assertThat(set.truths(0, false)).containsExactly(2, 1, 6, 4, 0, 0, 14, 5);
    assertThat(set.truths(0, true)).containsExactly(8, 1, 12, 4, 0, 0, 14, 5);
    assertThat(set.truths(1, false)).isEqualTo(set.truths(0, true));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = Segments.allocate(arena, 14 * 5 * 3);
      MemorySegment other = Segments.allocate(arena, 14 * 5 * 3);
      set.write(0, false, one);
      set.write(1, false, other);
      assertThat(one.mismatch(other)).as("seed %d", seed).isNotEqualTo(-1);
      set.write(0, true, one);
      assertThat(one.mismatch(other)).as("seed %d", seed).isEqualTo(-1);
    }
  }

  /** The losses of an epoch without learning, as good as: they tell pictures apart. */
  private static List<StepLoss> losses(TrainingPicture picture, boolean flips) throws IOException {
    TrainingRecipe recipe =
        Scenes.recipe(64)
            .withOptimizer(new Sgd(Float.MIN_VALUE, 0, 0))
            .withOptions(TrainingOptions.plain().withFlips(flips));
    try (Workers workers = new Workers(1);
        Trainer trainer =
            new Trainer(
                recipe,
                recipe.freshModel(),
                List.of(picture),
                Kernels.named("scalar"),
                workers,
                null)) {
      trainer.train(TrainingListener.SILENT);
      return trainer.losses();
    }
  }

  @Test
  void everyOtherTimeOrSoItIsMirrored() throws IOException {
    TrainingPicture given = Scenes.pictures().get(0);
    List<Box> turned = new ArrayList<>();
    for (Box box : given.truths()) {
      turned.add(new Box(Scenes.SIDE - box.x2(), box.y1(), Scenes.SIDE - box.x1(), box.y2()));
    }
    TrainingPicture other = TrainingPicture.of("mirrored", mirrored(given.read()), turned);
    List<StepLoss> asGiven = losses(given, false);
    List<StepLoss> asMirrored = losses(other, false);
    List<StepLoss> flipped = losses(given, true);
    int mirrored = 0;
    for (int i = 0; i < 64; i++) {
      StepLoss found = flipped.get(i);
      assertThat(asMirrored.get(i)).isNotEqualTo(asGiven.get(i));
      assertThat(Set.of(asGiven.get(i), asMirrored.get(i))).contains(found);
      mirrored += found.equals(asMirrored.get(i)) ? 1 : 0;
    }
    assertThat(mirrored).isBetween(20, 44);
    assertThat(losses(given, true)).isEqualTo(flipped);
  }
}
