package dev.rpn.io.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Torch files of few bytes and as many objects as the reader bears. */
final class LargeTorch {
  /** As many operations as a pickle may have, and a few more. */
  private static final int OPERATIONS = 1_000_100;

  private static final int TENSORS = 9_990;
  private static final String START = "\u0080\u0002";
  private static final String REBUILD = "ctorch._utils\n_rebuild_tensor_v2\n";

  static final Map<String, SmallHeapTest.Content> FILES = new TreeMap<>();

  static {
    FILES.put("torch: lists", out -> pickle(out, START, i -> "]", 1));
    FILES.put("torch: lists of one", out -> pickle(out, START, i -> "]Na", 3));
    FILES.put("torch: dictionaries of one", out -> pickle(out, START, i -> "}K\0K\0s", 4));
    FILES.put("torch: calls", out -> pickle(out, orderedDict(), i -> "h\0)R", 3));
    FILES.put("torch: texts", out -> pickle(out, START, i -> "X\0\0\0\0", 1));
    FILES.put("torch: numbers", out -> pickle(out, START, i -> "J" + little(i), 1));
    FILES.put("torch: tuples in tuples", out -> pickle(out, START + ")", i -> "\u0085", 1));
    FILES.put("torch: memo", out -> pickle(out, START + "]", i -> "r" + little(i), 1));
    FILES.put(
        "torch: storages without tensors",
        out -> pickle(out, START + storageId("0", 1) + "q\0", i -> "h\0Q", 2));
    FILES.put("torch: tensors of 32 sides", out -> pickle(out, tensor(), i -> "h\0h\1R", 3));
    FILES.put("torch: names", LargeTorch::names);
    FILES.put("torch: storages", LargeTorch::storages);
    FILES.put("torch: heads", LargeTorch::heads);
  }

  private LargeTorch() {}

  private static void pickle(
      OutputStream out, String start, IntFunction<String> each, int operations) throws IOException {
    var zip = new ZipOutputStream(out);
    zip.setLevel(0);
    zip.putNextEntry(new ZipEntry("a/data.pkl"));
    zip.write(start.getBytes(ISO_8859_1));
    for (int i = 0; i < OPERATIONS / operations; i++) {
      zip.write(each.apply(i).getBytes(ISO_8859_1));
    }
    zip.finish();
  }

  private static String orderedDict() {
    return START + "ccollections\nOrderedDict\nq\0";
  }

  private static String storageId(String key, int count) {
    return "("
        + text("storage")
        + "ctorch\nFloatStorage\n"
        + text(key)
        + text("cpu")
        + "J"
        + little(count)
        + "t";
  }

  /** The arguments that make a tensor of a storage's first value. */
  private static String view(String key, int count) {
    return "(" + storageId(key, count) + "QK\0K\1\u0085K\1\u0085\u0089}t";
  }

  /** No value along the first side, so that the others may be any that take an object each. */
  private static String tensor() {
    String sides = "(K\0" + ("J" + little(1000)).repeat(31) + "t";
    String strides = "(" + "K\1".repeat(32) + "t";
    return START
        + REBUILD
        + "q\0"
        + "("
        + storageId("0", 1)
        + "QK\0"
        + sides
        + strides
        + "\u0089}tq\1";
  }

  /**
   * As many tensors as are read, of one storage, under names that are nearly as long as they may
   * be.
   */
  private static void names(OutputStream out) throws IOException {
    var pickle = new ByteArrayOutputStream();
    String rest = "n".repeat(800);
    write(pickle, START + "}(" + text(rest) + REBUILD + "q\0" + view("0", TENSORS) + "q\1R");
    for (int i = 1; i < TENSORS; i++) {
      write(pickle, text(i + rest) + "h\0h\1R");
    }
    write(pickle, "u.");
    var zip = new ZipOutputStream(out);
    zip.setLevel(0);
    entry(zip, "a/data.pkl", pickle.toByteArray());
    entry(zip, "a/data/0", new byte[4 * TENSORS]);
    zip.finish();
  }

  /** The tensors of as many heads, which are looked for by their names among all. */
  private static void heads(OutputStream out) throws IOException {
    var pickle = new ByteArrayOutputStream();
    write(pickle, START + "}(");
    for (int i = 0; i < TENSORS / 6; i++) {
      for (String layer : List.of("conv", "cls_logits", "bbox_pred")) {
        int outputs = layer.equals("bbox_pred") ? 4 : 1;
        int window = layer.equals("conv") ? 3 : 1;
        String shape = "K" + (char) outputs + "K\1K" + (char) window + "K" + (char) window;
        for (String sides : List.of(shape, "K" + (char) outputs)) {
          String name = i + "." + layer + (sides.equals(shape) ? ".weight" : ".bias");
          String strides = "(" + "K\1".repeat(sides.length() / 2) + "t";
          write(
              pickle,
              text(name)
                  + REBUILD
                  + "("
                  + storageId("0", TENSORS)
                  + "QK\0("
                  + sides
                  + "t"
                  + strides
                  + "\u0089}tR");
        }
      }
    }
    write(pickle, "u.");
    var zip = new ZipOutputStream(out);
    zip.setLevel(0);
    entry(zip, "a/data.pkl", pickle.toByteArray());
    entry(zip, "a/data/0", new byte[4 * TENSORS]);
    zip.finish();
  }

  /** As many storages as an archive has entries. */
  private static void storages(OutputStream out) throws IOException {
    var zip = new ZipOutputStream(out);
    zip.setLevel(0);
    var pickle = new ByteArrayOutputStream();
    write(pickle, START + "}(");
    for (int i = 0; i < TENSORS; i++) {
      String name = Integer.toString(i);
      write(pickle, text(name) + (i == 0 ? REBUILD + "q\0" : "h\0") + view(name, 1) + "R");
      entry(zip, "a/data/" + name, new byte[4]);
    }
    write(pickle, "u.");
    entry(zip, "a/data.pkl", pickle.toByteArray());
    zip.finish();
  }

  private static void entry(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(bytes);
  }

  private static void write(ByteArrayOutputStream to, String text) {
    to.writeBytes(text.getBytes(ISO_8859_1));
  }

  private static String text(String text) {
    return "X" + little(text.length()) + text;
  }

  private static String little(int value) {
    byte[] bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    return new String(bytes, ISO_8859_1);
  }
}
