package dev.rpn.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {
  /** Seen from the module, in which tests run. */
  private static final Path BCCD = Path.of("../../shared/data/bccd");

  @Test
  void findsOutTheFormat() throws IOException {
    assertThat(
            Datasets.open(DatasetFixtures.dataset("voc"), "trainval", Strictness.STRICT).truths())
        .isEqualTo(3);
    assertThat(Datasets.open(DatasetFixtures.dataset("coco"), "train", Strictness.STRICT).truths())
        .isEqualTo(3);
  }

  @Test
  void neitherFormatSaysWhatWasLookedFor(@TempDir Path root) {
    assertThatThrownBy(() -> Datasets.open(root, "train", Strictness.STRICT))
        .isInstanceOf(AnnotationFormatException.class)
        .hasMessage(
            root
                + ": expected a PASCAL VOC folder (ImageSets/Main/train.txt, Annotations,"
                + " JPEGImages) or a COCO folder (one of annotations/instances_train.json,"
                + " annotations/train.json, train.json, train/_annotations.coco.json),"
                + " got neither");
  }

  @Test
  void bothFormatsAskForAName(@TempDir Path root) throws IOException {
    Files.createDirectories(root.resolve("ImageSets/Main"));
    Files.createDirectories(root.resolve("annotations"));
    assertThatThrownBy(() -> Datasets.open(root, "train", Strictness.STRICT))
        .isInstanceOf(AnnotationFormatException.class)
        .hasMessageEndingWith("got both; name the format");
  }

  @Test
  void noFolder(@TempDir Path root) {
    assertThatThrownBy(() -> Datasets.open(root.resolve("x"), "train", Strictness.STRICT))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("no such directory");
  }

  @Test
  void bloodCellsWhole() throws IOException {
    assumeThat(BCCD).as("the BCCD pictures are not beside this checkout").isDirectory();
    Dataset train = Datasets.open(BCCD, "trainval", Strictness.LENIENT);
    Dataset test = Datasets.open(BCCD, "test", Strictness.LENIENT);
    assertThat(train.pictures()).hasSize(292);
    assertThat(test.pictures()).hasSize(72);
    assertThat(train.truths() + test.truths()).isEqualTo(4886);
    assertThat(train.skipped().boxes() + test.skipped().boxes()).isEqualTo(2);
    assertThat(train.skipped().pictures() + test.skipped().pictures()).isZero();
    assertThat(String.join("\n", train.skipped().reasons()) + test.skipped().reasons())
        .contains("BloodImage_00338.xml: object 13", "BloodImage_00343.xml: object 4");
    assertThat(test.pictures().get(0).read().height()).isEqualTo(480);
  }

  @Test
  void bloodCellsStrict() {
    assumeThat(BCCD).as("the BCCD pictures are not beside this checkout").isDirectory();
    assertThatThrownBy(
            () -> {
              Datasets.open(BCCD, "trainval", Strictness.STRICT);
              Datasets.open(BCCD, "test", Strictness.STRICT);
            })
        .isInstanceOf(AnnotationFormatException.class)
        .hasMessageContaining("expected a box of some area, got (")
        .hasMessageContaining("BloodImage_003");
  }
}
