package dev.rpn.io.weights;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Names what is no weight file by its first bytes. */
final class FileKind {
  private static final Map<String, String> KINDS = new LinkedHashMap<>();

  static {
    KINDS.put("\u00ff\u00d8\u00ff", "a JPEG picture");
    KINDS.put("\u0089PNG", "a PNG picture");
    KINDS.put("GIF8", "a GIF picture");
    KINDS.put("%PDF", "a PDF document");
    KINDS.put("\u001f\u008b", "gzip's compressed data");
    KINDS.put("7z\u00bc\u00af", "a 7z archive");
    KINDS.put("\u007fELF", "a program or library");
    KINDS.put("\u00ca\u00fe\u00ba\u00be", "a Java class");
    KINDS.put("GGUF", "a GGUF model");
    KINDS.put("<?xml", "an XML text");
    KINDS.put("<", "an HTML or XML text");
    KINDS.put("{", "a JSON text");
    KINDS.put("version ", "a Git LFS pointer, not the file itself");
    KINDS.put("\u0080\u0002", "a Python pickle");
    KINDS.put("\u0080\u0003", "a Python pickle");
    KINDS.put("\u0080\u0004", "a Python pickle");
    KINDS.put("\u0080\u0005", "a Python pickle");
  }

  private FileKind() {}

  /** What a file that begins so seems to be. */
  static String of(byte[] start) {
    String text = new String(start, StandardCharsets.ISO_8859_1);
    for (Map.Entry<String, String> kind : KINDS.entrySet()) {
      if (text.startsWith(kind.getKey())) {
        return kind.getValue();
      }
    }
    boolean printable =
        text.chars().allMatch(c -> c < 0x7f && (c >= ' ' || c == '\n' || c == '\r'));
    return printable ? "a text" : "something else";
  }
}
