package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.anchor.Box;
import dev.rpn.anchor.IoU;
import org.junit.jupiter.api.Test;

class SceneArtistTest {
  @Test
  void theSameSeedAndNumberGiveTheSameScene() {
    assertThat(SceneArtist.draw(3, 5)).isEqualTo(SceneArtist.draw(3, 5));
    assertThat(SceneArtist.draw(3, 5).picture()).isNotEqualTo(SceneArtist.draw(3, 6).picture());
    assertThat(SceneArtist.draw(3, 5).picture()).isNotEqualTo(SceneArtist.draw(4, 5).picture());
  }

  @Test
  void objectsAreInsideAndApart() {
    for (int number = 0; number < 20; number++) {
      Scene scene = SceneArtist.draw(1, number);
      assertThat(scene.truths()).hasSizeBetween(1, 6);
      for (Box box : scene.truths()) {
        assertThat(Math.min(box.x1(), box.y1())).isGreaterThan(0);
        assertThat(box.x2()).isLessThan(SceneArtist.WIDTH);
        assertThat(box.y2()).isLessThan(SceneArtist.HEIGHT);
        assertThat(Math.min(box.width(), box.height())).isGreaterThan(8);
        for (Box other : scene.truths()) {
          assertThat(box.equals(other) || IoU.of(box, other) <= 0.05f).isTrue();
        }
      }
    }
  }
}
