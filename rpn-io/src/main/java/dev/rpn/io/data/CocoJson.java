package dev.rpn.io.data;

import dev.rpn.io.Quote;
import java.io.BufferedInputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * What a COCO annotation file says about pictures and boxes, read in one pass; segmentations and
 * all the rest are passed over.
 */
record CocoJson(List<Image> images, List<Annotation> annotations) {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NUMBER = 64;
  private static final int MAX_STRING = 1 << 24;
  private static final int MAX_FILE_NAME = 4096;

  /** Heap that an image or annotation takes here and in the dataset, generously. */
  private static final int BYTES_PER_ENTRY = 400;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER)
                  .maxStringLength(MAX_STRING)
                  .build())
          // Python writes NaN; the box that has one can then be named.
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  /** An image; the size may be anything. */
  record Image(long id, String fileName, long width, long height) {}

  /** An annotation with a box of four numbers, which may be anything. */
  record Annotation(long id, long imageId, Edges edges, boolean crowd) {}

  /**
   * Reads a file. Entries without ids or names, or with a {@code bbox} that is not four numbers,
   * are faults.
   *
   * @throws AnnotationFormatException if it is no JSON object with both lists, or passes a limit
   * @throws IOException if it can not be read
   */
  static CocoJson read(Path file, Faults faults) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      // A file that can not be read fails here: what making a parser complains of is its content.
      in.mark(1);
      in.read();
      in.reset();
      return read(file, faults, in);
    }
  }

  private static CocoJson read(Path file, Faults faults, InputStream in) throws IOException {
    try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), in)) {
      try {
        return new Reader(file, json, faults).read();
      } catch (JacksonException e) {
        if (e.getCause() instanceof IOException cause
            && !(cause instanceof CharConversionException)) {
          throw cause;
        }
        // A limit's exception has no location of its own.
        throw broken(file, "byte " + json.currentLocation().getByteOffset(), e);
      }
    } catch (JacksonException e) {
      throw broken(file, "", e);
    }
  }

  private static AnnotationFormatException broken(Path file, String where, JacksonException e) {
    return new AnnotationFormatException(
        file,
        where,
        "JSON of at most " + MAX_DEPTH + " levels",
        Quote.escape(e.getOriginalMessage()),
        e);
  }

  /** Goes over the tokens of one file. */
  private static final class Reader {
    private final Path file;
    private final JsonParser json;
    private final Faults faults;
    private final List<Image> images = new ArrayList<>();
    private final List<Annotation> annotations = new ArrayList<>();
    private int entry;

    /** Heap that is left for entries. */
    private long room = Runtime.getRuntime().maxMemory() / 2;

    Reader(Path file, JsonParser json, Faults faults) {
      this.file = file;
      this.json = json;
      this.faults = faults;
    }

    CocoJson read() throws AnnotationFormatException {
      boolean hasImages = false;
      boolean hasAnnotations = false;
      expect(json.nextToken(), JsonToken.START_OBJECT, "a JSON object");
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        switch (name) {
          case "images" -> {
            expect(value, JsonToken.START_ARRAY, "a list of images");
            once(name, hasImages);
            hasImages = true;
            for (entry = 1; json.nextToken() != JsonToken.END_ARRAY; entry++) {
              expect(json.currentToken(), JsonToken.START_OBJECT, "an object for image " + entry);
              image();
            }
          }
          case "annotations" -> {
            expect(value, JsonToken.START_ARRAY, "a list of annotations");
            once(name, hasAnnotations);
            hasAnnotations = true;
            for (entry = 1; json.nextToken() != JsonToken.END_ARRAY; entry++) {
              expect(
                  json.currentToken(), JsonToken.START_OBJECT, "an object for annotation " + entry);
              annotation();
            }
          }
          default -> json.skipChildren();
        }
      }
      if (json.nextToken() != null) {
        throw wrong("", "the end of the file", json.currentToken().toString());
      }
      if (!hasImages || !hasAnnotations) {
        throw wrong(
            "", "lists 'images' and 'annotations'", hasImages ? "no annotations" : "no images");
      }
      return new CocoJson(List.copyOf(images), List.copyOf(annotations));
    }

    private void once(String name, boolean before) throws AnnotationFormatException {
      if (before) {
        throw wrong("", "one list '" + name + "'", "another");
      }
    }

    private void image() throws AnnotationFormatException {
      Long id = null;
      String name = null;
      Long width = null;
      Long height = null;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String property = json.currentName();
        json.nextToken();
        switch (property) {
          case "id" -> id = integer();
          case "file_name" -> name = fileName();
          case "width" -> width = integer();
          case "height" -> height = integer();
          default -> json.skipChildren();
        }
      }
      if (id == null || name == null) {
        faults.picture(
            file,
            "image number " + entry,
            "an integer id and a file_name of at most " + MAX_FILE_NAME + " characters",
            "id " + id + ", file_name " + (name == null ? "null" : Quote.of(name)));
      } else {
        take(BYTES_PER_ENTRY + 2L * name.length());
        images.add(new Image(id, name, width == null ? -1 : width, height == null ? -1 : height));
      }
    }

    private void annotation() throws AnnotationFormatException {
      Long id = null;
      Long image = null;
      Edges edges = null;
      boolean crowd = false;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String property = json.currentName();
        JsonToken value = json.nextToken();
        switch (property) {
          case "id" -> id = integer();
          case "image_id" -> image = integer();
          case "bbox" -> edges = edges();
          case "iscrowd" -> {
            Long flag = integer();
            crowd = value == JsonToken.VALUE_TRUE || (flag != null && flag != 0);
          }
          default -> json.skipChildren();
        }
      }
      if (id == null || image == null) {
        faults.box(
            file,
            "annotation " + (id == null ? "number " + entry : id.toString()),
            "an integer id and image_id",
            "id " + id + ", image_id " + image);
      } else if (edges == null) {
        faults.box(file, "annotation " + id, "a bbox of four numbers", "another or none");
      } else {
        take(BYTES_PER_ENTRY);
        annotations.add(new Annotation(id, image, edges, crowd));
      }
    }

    /** The value, or null where it is no integer of 64 bits. */
    private @Nullable Long integer() {
      if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
          && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
        return json.getLongValue();
      }
      json.skipChildren();
      return null;
    }

    /** The value, or null where it is no string or one that no file can be named. */
    private @Nullable String fileName() {
      if (json.currentToken() == JsonToken.VALUE_STRING
          && json.getStringLength() <= MAX_FILE_NAME) {
        return json.getString();
      }
      json.skipChildren();
      return null;
    }

    /** The edges, or null where the value is not a list of four numbers. */
    private @Nullable Edges edges() {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        json.skipChildren();
        return null;
      }
      double[] values = new double[4];
      int count = 0;
      boolean numbers = true;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        numbers &= json.currentToken().isNumeric();
        if (numbers && count < 4) {
          values[count] = json.getDoubleValue();
        }
        json.skipChildren();
        count++;
      }
      return numbers && count == 4
          ? new Edges(values[0], values[1], values[0] + values[2], values[1] + values[3])
          : null;
    }

    private void take(long bytes) throws AnnotationFormatException {
      room -= bytes;
      if (room < 0) {
        throw wrong(
            "",
            "images and annotations that this Java heap has room for",
            "more than " + (images.size() + annotations.size()));
      }
    }

    private void expect(@Nullable JsonToken token, JsonToken wanted, String expected)
        throws AnnotationFormatException {
      if (token != wanted) {
        throw wrong(
            "byte " + json.currentTokenLocation().getByteOffset(),
            expected,
            token == null ? "the end of the file" : token.toString());
      }
    }

    private AnnotationFormatException wrong(String where, String expected, String actual) {
      return new AnnotationFormatException(file, where, expected, actual);
    }
  }
}
