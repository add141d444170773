package dev.rpn.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.Box;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CocoDatasetTest {
  private static final String IMAGE =
      "{\"id\":1,\"file_name\":\"a.jpg\",\"width\":32,\"height\":24}";
  private static final String BOX = "{\"id\":5,\"image_id\":1,\"bbox\":[1,1,8,8]}";

  @TempDir Path root;

  @BeforeEach
  void onePicture() throws IOException {
    DatasetFixtures.copyPicture(root.resolve("train/a.jpg"));
  }

  private void raw(String json) throws IOException {
    DatasetFixtures.write(root.resolve("annotations/instances_train.json"), json);
  }

  private void content(String images, String annotations) throws IOException {
    raw("{\"images\":[" + images + "],\"annotations\":[" + annotations + "]}");
  }

  /** Strict names the annotation; lenient leaves it out and counts it. */
  private void boxFault(String annotation, String... words) throws IOException {
    content(IMAGE, BOX + "," + annotation);
    strict(words);
    Dataset dataset = CocoDataset.read(root, "train", Strictness.LENIENT);
    assertThat(dataset.truths()).isEqualTo(1);
    assertThat(dataset.skipped().boxes()).isEqualTo(1);
    assertThat(dataset.skipped().reasons()).hasSize(1).first().asString().contains(words);
  }

  private void imageFault(String image, String... words) throws IOException {
    content(IMAGE + "," + image, BOX);
    strict(words);
    Dataset dataset = CocoDataset.read(root, "train", Strictness.LENIENT);
    assertThat(dataset.pictures()).hasSize(1);
    assertThat(dataset.truths()).isEqualTo(1);
    assertThat(dataset.skipped().pictures()).isEqualTo(1);
    assertThat(dataset.skipped().reasons()).hasSize(1).first().asString().contains(words);
  }

  private void strict(String... words) {
    assertThatExceptionOfType(AnnotationFormatException.class)
        .isThrownBy(() -> CocoDataset.read(root, "train", Strictness.STRICT))
        .satisfies(e -> assertThat(e.getMessage()).contains("instances_train.json: "))
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  private void refusedOutright(String... words) {
    strict(words);
    assertThatExceptionOfType(AnnotationFormatException.class)
        .isThrownBy(() -> CocoDataset.read(root, "train", Strictness.LENIENT))
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  @Test
  void readsTheTinyDataset() throws IOException {
    Path coco = DatasetFixtures.dataset("coco");
    Dataset dataset = CocoDataset.read(coco, "train", Strictness.STRICT);
    assertThat(dataset.pictures())
        .containsExactly(
            new AnnotatedPicture(
                "b.png", coco.resolve("train/b.png"), 32, 24, List.of(new Box(4, 5, 6, 8))),
            new AnnotatedPicture(
                "train/a.jpg",
                coco.resolve("train/a.jpg"),
                32,
                24,
                List.of(new Box(1.5f, 2, 11.75f, 22), new Box(12, 0, 32, 24))),
            new AnnotatedPicture("c.jpg", coco.resolve("train/c.jpg"), 32, 24, List.of()));
    assertThat(dataset.skipped()).isEqualTo(new Skipped(0, 0, List.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"annotations/train.json", "train.json", "train/_annotations.coco.json"})
  void findsTheAnnotations(String file) throws IOException {
    DatasetFixtures.write(
        root.resolve(file), "{\"images\":[" + IMAGE + "],\"annotations\":[" + BOX + "]}");
    assertThat(CocoDataset.read(root, "train", Strictness.STRICT).truths()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"images/train/p.jpg", "images/p.jpg", "p.jpg"})
  void findsThePicture(String file) throws IOException {
    DatasetFixtures.copyPicture(root.resolve(file));
    content(IMAGE.replace("a.jpg", "p.jpg"), BOX);
    assertThat(CocoDataset.read(root, "train", Strictness.STRICT).pictures().get(0).file())
        .isEqualTo(root.toAbsolutePath().resolve(file));
  }

  @Test
  void deepNesting() throws IOException {
    raw("{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
    refusedOutright("JSON of at most 32 levels", "nesting depth");
    raw("{\"x\":" + "{\"x\":".repeat(100_000));
    refusedOutright("JSON of at most 32 levels");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "3",
        "null",
        "{\"images\":[]}",
        "{\"annotations\":[]}",
        "{} {}",
        "{\"images\":{},\"annotations\":[]}",
        "{\"images\":[3],\"annotations\":[]}",
        "{\"images\":[],\"annotations\":[[]]}",
        "{\"images\":[],\"annotations\":[]}x",
        "{\"images\":[],\"images\":[],\"annotations\":[]}",
        "{\"images\":[{]}",
        "{\"images\":[{",
        "\u0000",
        "{\"images\":[{\"id\":1e",
        "{\"id\":"
      })
  void noCocoJson(String json) throws IOException {
    raw(json);
    refusedOutright("expected ", ", got ");
  }

  @Test
  void badUtf8() throws IOException {
    raw("");
    Files.write(
        root.resolve("annotations/instances_train.json"), new byte[] {'{', '"', (byte) 0xff, '"'});
    refusedOutright("JSON of at most");
  }

  /** Four bytes of which the third alone is none look like UTF-32 in an order that nobody has. */
  @Test
  void unknownEncoding() throws IOException {
    raw("\u0000\u0000{\u0000");
    refusedOutright("JSON of at most 32 levels", "UCS-4");
    raw("\u0000{\u0000\u0000");
    refusedOutright("JSON of at most 32 levels", "UCS-4");
  }

  @Test
  void numberOfTooManyDigits() throws IOException {
    content(IMAGE.replace("1,", "1".repeat(1_000_000) + ","), "");
    refusedOutright("JSON of at most");
  }

  @Test
  void truncatedAnywhere() throws IOException {
    String whole = "{\"images\":[" + IMAGE + "],\"annotations\":[" + BOX + "]}";
    for (int length = 0; length < whole.length(); length++) {
      raw(whole.substring(0, length));
      refusedOutright("expected ");
    }
  }

  @Test
  void mutatedAnywhereItIsReadOrRefused() throws IOException {
    long seed = Long.getLong("rpn.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] whole =
        Files.readAllBytes(
            DatasetFixtures.dataset("coco").resolve("annotations/instances_train.json"));
    raw("");
    for (int i = 0; i < 300; i++) {
      byte[] bytes = whole.clone();
      for (int flips = random.nextInt(1, 5); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(128);
      }
      Files.write(root.resolve("annotations/instances_train.json"), bytes);
      try {
        CocoDataset.read(root, "train", Strictness.LENIENT);
      } catch (AnnotationFormatException e) {
        assertThat(e.getMessage()).contains("expected ");
      } catch (Throwable e) {
        throw new AssertionError("mutation " + i + ", -Drpn.seed=" + seed, e);
      }
    }
  }

  @Test
  void duplicateImageId() throws IOException {
    imageFault(IMAGE, "image 1: expected every id once, got it again");
  }

  @Test
  void duplicateAnnotationId() throws IOException {
    boxFault(BOX, "annotation 5: expected every id once, got it again");
  }

  @Test
  void unknownImageId() throws IOException {
    boxFault(
        "{\"id\":6,\"image_id\":9,\"bbox\":[1,1,8,8]}",
        "annotation 6: expected the id of an image, got image_id 9");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1,1,8]",
        "[1,1,8,8,8]",
        "[]",
        "\"1,1,8,8\"",
        "{\"x\":1}",
        "null",
        "[1,1,8,\"8\"]",
        "[1,1,[8],8]",
        "[1,1,8,null]"
      })
  void bboxThatIsNotFourNumbers(String bbox) throws IOException {
    boxFault(
        "{\"id\":6,\"image_id\":1,\"bbox\":" + bbox + "}",
        "annotation 6: expected a bbox of four numbers");
  }

  @Test
  void noBbox() throws IOException {
    boxFault("{\"id\":6,\"image_id\":1}", "annotation 6: expected a bbox of four numbers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[NaN,1,8,8]", "[1,1,Infinity,8]", "[1,-Infinity,8,8]", "[1e999,1,8,8]"})
  void bboxThatIsNotFinite(String bbox) throws IOException {
    boxFault(
        "{\"id\":6,\"image_id\":1,\"bbox\":" + bbox + "}", "annotation 6: expected finite edges");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1,1,0,8]", "[1,1,8,0]", "[20,20,-8,-8]", "[1,1,1e-12,8]"})
  void bboxOfNoArea(String bbox) throws IOException {
    boxFault(
        "{\"id\":6,\"image_id\":1,\"bbox\":" + bbox + "}",
        "annotation 6: expected a box of some area");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[40,1,8,8]", "[1,1,33,8]", "[-3,1,8,8]", "[1,1,1e300,8]"})
  void bboxOutsideTheImage(String bbox) throws IOException {
    boxFault(
        "{\"id\":6,\"image_id\":1,\"bbox\":" + bbox + "}",
        "annotation 6: expected a box inside 32 x 24");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "\"6\"", "6.5", "123456789012345678901234567890", "[6]", "{}"})
  void idThatIsNoInteger(String id) throws IOException {
    boxFault(
        "{\"id\":" + id + ",\"image_id\":1,\"bbox\":[1,1,8,8]}",
        "annotation number 2: expected an integer id and image_id, got id null");
    imageFault(
        IMAGE.replace("\"id\":1", "\"id\":" + id),
        "image number 2: expected an integer id and a file_name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../secret.jpg",
        "/etc/passwd",
        "x/../../../secret.jpg",
        "",
        "a\\u0000b",
        "..",
        "."
      })
  void fileNameThatLeavesTheFolder(String name) throws IOException {
    content("{\"id\":2,\"file_name\":\"" + name + "\",\"width\":32,\"height\":24}", "");
    strict("image 2: expected ");
    if (!name.isEmpty()) {
      refusedOutright("image 2: expected ");
    }
  }

  @Test
  void fileNameThatNoFileCanHave() throws IOException {
    imageFault(
        IMAGE.replace("a.jpg", "a".repeat(5000)).replace("\"id\":1", "\"id\":2"),
        "image number 2: expected an integer id and a file_name of at most 4096 characters");
  }

  @Test
  void missingPicture() throws IOException {
    imageFault(
        IMAGE.replace("a.jpg", "lost.jpg").replace("\"id\":1", "\"id\":2"),
        "image 2: expected a file 'lost.jpg', got none in ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "70000", "null", "9223372036854775807"})
  void badWidth(String width) throws IOException {
    imageFault(
        IMAGE.replace("\"id\":1", "\"id\":2").replace("32", width),
        "image 2: expected the picture's width and height");
  }

  @Test
  void boxesOfASkippedPictureAreNotCounted() throws IOException {
    content(IMAGE.replace("32", "0"), BOX);
    Dataset dataset = CocoDataset.read(root, "train", Strictness.LENIENT);
    assertThat(dataset.pictures()).isEmpty();
    assertThat(dataset.skipped().pictures()).isEqualTo(1);
    assertThat(dataset.skipped().boxes()).isZero();
  }

  @Test
  void reasonsAreCountedOnAfterTheFirstHundred() throws IOException {
    StringBuilder boxes = new StringBuilder(BOX);
    for (int i = 0; i < 150; i++) {
      boxes.append(',').append(BOX);
    }
    content(IMAGE, boxes.toString());
    Skipped skipped = CocoDataset.read(root, "train", Strictness.LENIENT).skipped();
    assertThat(skipped.boxes()).isEqualTo(150);
    assertThat(skipped.reasons()).hasSize(100);
  }

  @Test
  void withoutAnnotationsTheMessageSaysWhatWasLookedFor() {
    assertThatThrownBy(() -> CocoDataset.read(root, "val", Strictness.LENIENT))
        .isInstanceOf(AnnotationFormatException.class)
        .hasMessageContaining(
            "expected one of annotations/instances_val.json, annotations/val.json, val.json,"
                + " val/_annotations.coco.json, got none of them");
  }
}
