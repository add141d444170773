package dev.rpn.io.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * What one VOC annotation says.
 *
 * @param width columns of the picture
 * @param height rows of the picture
 * @param objects in the file's order
 */
record VocXml(int width, int height, List<VocObject> objects) {
  private static final int MAX_BYTES = 1 << 22;
  private static final int MAX_DEPTH = 16;
  private static final int MAX_TEXT = 100;
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d{1,20}(\\.\\d{0,20})?|\\.\\d{1,20})([eE][+-]?\\d{1,3})?");

  private static final Pattern ENCODING =
      Pattern.compile(
          "(?:\u00ef\u00bb\u00bf)?<\\?xml[^>]*encoding\\s*=\\s*[\"']([A-Za-z0-9._:-]+)[\"']");

  /**
   * An object.
   *
   * @param edges its box, or null where that is not four numbers
   * @param text the box as the file has it
   */
  record VocObject(@Nullable Edges edges, String text) {}

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    // An entity is then an event, which is refused, rather than text.
    factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
    return factory;
  }

  /**
   * Reads an annotation.
   *
   * @throws AnnotationFormatException if it is missing, is no XML, or has no usable size
   * @throws IOException if it can not be read
   */
  static VocXml read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new AnnotationFormatException(file, "", "an annotation", "no file");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new AnnotationFormatException(
          file, "", "at most " + MAX_BYTES + " bytes", Files.size(file) + " bytes");
    }
    String text = text(file);
    try {
      XMLStreamReader xml = factory().createXMLStreamReader(new StringReader(text));
      try {
        return new Parser(file, xml).parse();
      } finally {
        xml.close();
      }
    } catch (XMLStreamException | RuntimeException e) {
      // The JDK's parser leaves some broken files with an unchecked exception.
      throw new AnnotationFormatException(
          file, "", "well-formed XML", Quote.escape(String.valueOf(e.getMessage())), e);
    }
  }

  /** Decoded here: the JDK's parser prints what it can not decode to the standard error. */
  private static String text(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES);
    }
    String name = "UTF-8";
    String start = new String(bytes, 0, Math.min(bytes.length, MAX_TEXT), ISO_8859_1);
    Matcher declaration = ENCODING.matcher(start);
    if (start.startsWith("\u00fe\u00ff") || start.startsWith("\u00ff\u00fe")) {
      name = "UTF-16";
    } else if (declaration.lookingAt()) {
      name = declaration.group(1);
    }
    try {
      String text = Charset.forName(name).newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new AnnotationFormatException(file, "", "text in " + name, "other bytes", e);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      throw new AnnotationFormatException(file, "", "a known encoding", Quote.of(name), e);
    }
  }

  /** Follows the events of one file. */
  private static final class Parser {
    private final Path file;
    private final XMLStreamReader xml;
    private final Deque<String> path = new ArrayDeque<>();
    private final StringBuilder text = new StringBuilder();
    private final Map<String, String> size = new HashMap<>();
    private final Map<String, String> box = new HashMap<>();
    private final List<VocObject> objects = new ArrayList<>();

    Parser(Path file, XMLStreamReader xml) {
      this.file = file;
      this.xml = xml;
    }

    VocXml parse() throws XMLStreamException, AnnotationFormatException {
      while (xml.hasNext()) {
        switch (xml.next()) {
          case XMLStreamConstants.START_ELEMENT -> start(xml.getLocalName());
          case XMLStreamConstants.END_ELEMENT -> end();
          case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
            if (text.length() < MAX_TEXT) {
              text.append(xml.getText());
            }
          }
          case XMLStreamConstants.DTD -> throw refused("a DOCTYPE");
          case XMLStreamConstants.ENTITY_REFERENCE -> throw refused("an entity");
          default -> {
            // Comments, white space and processing instructions say nothing.
          }
        }
      }
      double width = number(size.get("width"));
      double height = number(size.get("height"));
      if (width != (int) width
          || height != (int) height
          || !Paths.isSize((long) width, (long) height)) {
        throw new AnnotationFormatException(
            file, "size", "the picture's width and height", Quote.escape(size.toString()));
      }
      return new VocXml((int) width, (int) height, List.copyOf(objects));
    }

    private void start(String name) throws AnnotationFormatException {
      if (path.size() == MAX_DEPTH) {
        throw new AnnotationFormatException(
            file, "line " + line(), "at most " + MAX_DEPTH + " levels of elements", "more");
      }
      if (path.isEmpty() && !name.equals("annotation")) {
        throw new AnnotationFormatException(
            file, "line " + line(), "an element 'annotation'", Quote.of(name));
      }
      path.addLast(name);
      text.setLength(0);
      if (at("annotation", "object")) {
        box.clear();
      }
    }

    private void end() {
      String name = path.getLast();
      String value = text.substring(0, Math.min(text.length(), MAX_TEXT)).strip();
      if (at("annotation", "size", name)) {
        size.put(name, value);
      } else if (at("annotation", "object", "bndbox", name)) {
        box.put(name, value);
      } else if (at("annotation", "object")) {
        objects.add(object());
      }
      path.removeLast();
      text.setLength(0);
    }

    private VocObject object() {
      Edges edges =
          new Edges(
              number(box.get("xmin")),
              number(box.get("ymin")),
              number(box.get("xmax")),
              number(box.get("ymax")));
      boolean whole =
          Double.isFinite(edges.x1())
              && Double.isFinite(edges.y1())
              && Double.isFinite(edges.x2())
              && Double.isFinite(edges.y2());
      return new VocObject(whole ? edges : null, Quote.escape(box.toString()));
    }

    /** Parts of an object have boxes too, so names alone are not enough. */
    private boolean at(String... names) {
      return path.size() == names.length && List.of(names).equals(List.copyOf(path));
    }

    private int line() {
      return xml.getLocation().getLineNumber();
    }

    private static double number(@Nullable String text) {
      return text != null && NUMBER.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    }

    private AnnotationFormatException refused(String what) {
      return new RefusedAnnotationException(file, "line " + line(), "plain XML", what, null);
    }
  }
}
