package dev.rpn.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.Box;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocDatasetTest {
  private static final String GOOD =
      "<object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>";

  @TempDir Path root;

  @BeforeEach
  void onePicture() throws IOException {
    DatasetFixtures.write(root.resolve("ImageSets/Main/train.txt"), "a\n");
    DatasetFixtures.copyPicture(root.resolve("JPEGImages/a.jpg"));
    annotate(GOOD);
  }

  private void annotate(String objects) throws IOException {
    raw(
        "<annotation><size><width>32</width><height>24</height></size>"
            + objects
            + "</annotation>");
  }

  private void raw(String xml) throws IOException {
    DatasetFixtures.write(root.resolve("Annotations/a.xml"), xml);
  }

  private static String object(String xmin, String ymin, String xmax, String ymax) {
    return GOOD.replace("<xmin>1", "<xmin>" + xmin)
        .replace("<ymin>1", "<ymin>" + ymin)
        .replace("<xmax>9", "<xmax>" + xmax)
        .replace("<ymax>9", "<ymax>" + ymax);
  }

  /** Strict names the object; lenient leaves it out and counts it. */
  private void boxFault(String object, String... words) throws IOException {
    annotate(GOOD + object);
    assertThatExceptionOfType(AnnotationFormatException.class)
        .isThrownBy(() -> VocDataset.read(root, "train", Strictness.STRICT))
        .satisfies(e -> assertThat(e.getMessage()).contains("a.xml: object 2: expected"))
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
    Dataset dataset = VocDataset.read(root, "train", Strictness.LENIENT);
    assertThat(dataset.truths()).isEqualTo(1);
    assertThat(dataset.skipped().boxes()).isEqualTo(1);
    assertThat(dataset.skipped().pictures()).isZero();
    assertThat(dataset.skipped().reasons()).hasSize(1).first().asString().contains("a.xml");
  }

  private void pictureFault(String... words) throws IOException {
    assertThatExceptionOfType(AnnotationFormatException.class)
        .isThrownBy(() -> VocDataset.read(root, "train", Strictness.STRICT))
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
    Dataset dataset = VocDataset.read(root, "train", Strictness.LENIENT);
    assertThat(dataset.skipped().pictures()).isEqualTo(1);
    assertThat(dataset.skipped().reasons()).hasSize(1).first().asString().contains(words);
  }

  private void refusedOutright(String... words) {
    for (Strictness strictness : Strictness.values()) {
      assertThatExceptionOfType(AnnotationFormatException.class)
          .isThrownBy(() -> VocDataset.read(root, "train", strictness))
          .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }
  }

  @Test
  void readsTheTinyDataset() throws IOException {
    Path voc = DatasetFixtures.dataset("voc");
    Dataset dataset = VocDataset.read(voc, "trainval", Strictness.STRICT);
    assertThat(dataset.pictures())
        .containsExactly(
            new AnnotatedPicture(
                "one",
                voc.resolve("JPEGImages/one.jpg"),
                32,
                24,
                List.of(new Box(1, 2, 11, 22), new Box(12.5f, 0, 32, 24))),
            new AnnotatedPicture(
                "two", voc.resolve("JPEGImages/two.png"), 32, 24, List.of(new Box(4, 5, 6, 8))));
    assertThat(dataset.truths()).isEqualTo(3);
    assertThat(dataset.skipped()).isEqualTo(new Skipped(0, 0, List.of()));
    assertThat(dataset.pictures().get(1).read().width()).isEqualTo(32);
  }

  @Test
  void aPictureWithoutObjectsStays() throws IOException {
    Dataset dataset = VocDataset.read(DatasetFixtures.dataset("voc"), "test", Strictness.STRICT);
    assertThat(dataset.pictures()).hasSize(1);
    assertThat(dataset.truths()).isZero();
  }

  @Test
  void aPictureOfAnotherSizeThanAnnotated() throws IOException {
    raw("<annotation><size><width>33</width><height>24</height></size></annotation>");
    AnnotatedPicture picture = VocDataset.read(root, "train", Strictness.STRICT).pictures().get(0);
    assertThatThrownBy(picture::read)
        .isInstanceOf(AnnotationFormatException.class)
        .hasMessageContaining("a.jpg: size: expected 33 x 24 as annotated, got 32 x 24");
  }

  @Test
  void doctype() throws IOException {
    raw("<!DOCTYPE annotation><annotation/>");
    refusedOutright("a.xml: line 1: expected plain XML, got a DOCTYPE");
  }

  @Test
  void externalEntity() throws IOException {
    Path secret = root.resolve("secret.txt");
    Files.writeString(secret, "31");
    raw(
        "<!DOCTYPE annotation [<!ENTITY x SYSTEM \""
            + secret.toUri()
            + "\">]><annotation><size><width>&x;</width></size></annotation>");
    refusedOutright("got a DOCTYPE");
  }

  @Test
  void expandingEntities() throws IOException {
    StringBuilder dtd = new StringBuilder("<!DOCTYPE a [<!ENTITY e0 \"0123456789\">");
    for (int i = 1; i < 30; i++) {
      dtd.append("<!ENTITY e").append(i).append(" \"");
      dtd.append(("&e" + (i - 1) + ";").repeat(10)).append("\">");
    }
    raw(dtd + "]><annotation>&e29;</annotation>");
    refusedOutright("got a DOCTYPE");
  }

  @Test
  void entityWithoutDoctype() throws IOException {
    annotate(object("&x;1", "1", "9", "9"));
    refusedOutright("a.xml: line 1: expected plain XML, got an entity");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not xml",
        "<annotation>",
        "<annotation><a></b></annotation>",
        "<other/>",
        "<annotation/>\u0000",
        "<annotation xmlns:a='b' a:a='1' a:a='2'/>"
      })
  void noVocXml(String xml) throws IOException {
    raw(xml);
    pictureFault("a.xml: ", "expected ");
  }

  @Test
  void truncatedAnywhere() throws IOException {
    String whole =
        "<annotation><size><width>32</width><height>24</height></size>" + GOOD + "</annotation>";
    for (int length = 0; length < whole.length(); length++) {
      raw(whole.substring(0, length));
      pictureFault("a.xml: ", "expected ");
    }
  }

  @Test
  void nestedTooDeep() throws IOException {
    annotate("<a>".repeat(100_000) + "</a>".repeat(100_000));
    pictureFault("a.xml: line 1: expected at most 16 levels of elements, got more");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-3", "x", "", "NaN", "1e9", "70000", "31.5", "0x20"})
  void badWidth(String width) throws IOException {
    raw("<annotation><size><width>" + width + "</width><height>24</height></size></annotation>");
    pictureFault("a.xml: size: expected the picture's width and height");
  }

  @Test
  void withoutSize() throws IOException {
    raw("<annotation/>");
    pictureFault("a.xml: size: expected the picture's width and height, got {}");
  }

  @Test
  void boxOfNoArea() throws IOException {
    boxFault(object("5", "5", "5", "8"), "a box of some area, got (5.0, 5.0) to (5.0, 8.0)");
    boxFault(object("8", "5", "5", "8"), "a box of some area");
    boxFault(object("5", "5", "5.0000000001", "8"), "a box of some area");
  }

  @Test
  void boxOutsideThePicture() throws IOException {
    boxFault(object("40", "1", "60", "9"), "a box inside 32 x 24, got (40.0, 1.0) to (60.0, 9.0)");
    boxFault(object("1", "1", "34", "9"), "a box inside 32 x 24");
    boxFault(object("-5", "1", "9", "9"), "a box inside 32 x 24");
    boxFault(object("1", "-1e300", "9", "9"), "a box inside 32 x 24");
  }

  @Test
  void boxThatPassesTheEdgeByRoundingIsCut() throws IOException {
    annotate(object("-0.5", "0", "32.9", "25"));
    assertThat(VocDataset.read(root, "train", Strictness.STRICT).pictures().get(0).truths())
        .containsExactly(new Box(0, 0, 32, 24));
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "x", "", "1f", "0x1p3", "1e999", "1,5", "--1"})
  void edgeThatIsNoNumber(String edge) throws IOException {
    boxFault(object(edge, "1", "9", "9"), "four numbers xmin, ymin, xmax, ymax");
  }

  @Test
  void objectWithoutBox() throws IOException {
    boxFault("<object><name>x</name></object>", "four numbers xmin, ymin, xmax, ymax, got {}");
  }

  @Test
  void missingAnnotation() throws IOException {
    Files.delete(root.resolve("Annotations/a.xml"));
    pictureFault("a.xml: expected an annotation, got no file");
  }

  @Test
  void missingPicture() throws IOException {
    Files.delete(root.resolve("JPEGImages/a.jpg"));
    pictureFault("JPEGImages: expected a .jpg, .jpeg or .png named 'a', got none");
  }

  @Test
  void nameTwice() throws IOException {
    DatasetFixtures.write(root.resolve("ImageSets/Main/train.txt"), "a\na\n");
    pictureFault("train.txt: line 2: expected every picture once, got 'a' again");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../../secret", "/etc/passwd", "../../../../../../etc/passwd", "a\u0000b"})
  void nameThatLeavesTheFolder(String name) throws IOException {
    DatasetFixtures.write(root.resolve("ImageSets/Main/train.txt"), name + "\n");
    refusedOutright("train.txt: line 1: expected ");
  }

  @Test
  void listThatIsNoText() throws IOException {
    Files.write(root.resolve("ImageSets/Main/train.txt"), new byte[] {'a', (byte) 0xff, '\n'});
    refusedOutright("train.txt: expected UTF-8 text");
  }

  @Test
  void unknownSplitNamesTheOnesThatAreThere() {
    assertThatThrownBy(() -> VocDataset.read(root, "val", Strictness.LENIENT))
        .isInstanceOf(AnnotationFormatException.class)
        .hasMessageEndingWith("val.txt: expected a list of pictures, got no file; there is train");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../train", "a/b", "", ".hidden", "a\\b", "C:x"})
  void splitThatIsMoreThanAName(String split) {
    assertThatThrownBy(() -> VocDataset.read(root, split, Strictness.LENIENT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("split: expected a name like 'train', got '");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16", "UTF-16LE", "ISO-8859-1", "windows-1252"})
  void readsTheEncodingThatTheFileDeclares(String encoding) throws IOException {
    String xml =
        "<?xml version='1.0' encoding='%s'?><annotation><folder>\u00e9</folder><size>"
            + "<width>32</width><height>24</height></size>%s</annotation>";
    String text = (encoding.equals("UTF-16LE") ? "\ufeff" : "") + xml.formatted(encoding, GOOD);
    Files.write(root.resolve("Annotations/a.xml"), text.getBytes(Charset.forName(encoding)));
    assertThat(VocDataset.read(root, "train", Strictness.STRICT).truths()).isEqualTo(1);
  }

  @Test
  void readsAByteOrderMark() throws IOException {
    raw("\ufeff<annotation><size><width>32</width><height>24</height></size></annotation>");
    assertThat(VocDataset.read(root, "train", Strictness.STRICT).pictures()).hasSize(1);
  }

  /** The JDK's parser would print a line of its own. */
  @Test
  void refusesBadUtf8WithoutAWordOnTheStandardError() throws IOException {
    Files.write(
        root.resolve("Annotations/a.xml"), new byte[] {'<', 'a', '>', (byte) 0xc3, '<', '/'});
    PrintStream before = System.err;
    var printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      pictureFault("a.xml: expected text in UTF-8, got other bytes");
    } finally {
      System.setErr(before);
    }
    assertThat(printed.size()).isZero();
    raw("<?xml version='1.0' encoding='utf-99'?><annotation/>");
    pictureFault("a.xml: expected a known encoding, got 'utf-99'");
  }
}
