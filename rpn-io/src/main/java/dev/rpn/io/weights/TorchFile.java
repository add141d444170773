package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A state dict as {@code torch.save} writes it since torch 1.6: a zip of {@code data.pkl}, which
 * names tensors and their views of storages, and a file {@code data/KEY} for each storage. Nothing
 * in it is executed.
 */
final class TorchFile implements TensorFile {
  /** The zip's file that makes it torch's. */
  static final String PICKLE = "data.pkl";

  private static final int CHUNK = 1 << 16;

  /** Tied weights are the same storage twice or a few times; more is an attempt to exhaust. */
  private static final int MOST_VIEWS = 16;

  private final ZipArchive zip;
  private final String folder;
  private final boolean bigEndian;
  private final Map<String, TorchTensor> tensors;
  private final Map<String, List<Integer>> shapes = new LinkedHashMap<>();
  private final Map<String, Long> users;

  /** Decoded storages that more than one tensor looks at. */
  private final Map<String, Tensor> shared = new HashMap<>();

  private TorchFile(ZipArchive zip) throws IOException {
    this.zip = zip;
    this.folder = folder();
    this.bigEndian = isBigEndian();
    Place place = zip.place().entry(folder + PICKLE);
    byte[] pickle = small(folder + PICKLE, PickleReader.LONGEST);
    Object root = PickleReader.read(place, pickle, new TorchVocabulary());
    this.tensors = StateDict.tensors(place, root);
    this.users =
        tensors.values().stream()
            .collect(Collectors.groupingBy(t -> t.storage().key(), Collectors.counting()));
    checkStorages();
    tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
  }

  static TorchFile open(Path file) throws IOException {
    ZipArchive zip = ZipArchive.open(file);
    try {
      return new TorchFile(zip);
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  /** Whether a zip of these files is torch's. */
  static boolean isTorch(List<String> names) {
    return names.stream().anyMatch(name -> name.equals(PICKLE) || name.endsWith("/" + PICKLE));
  }

  /** What stands before {@code data.pkl}: the name that the file was saved under. */
  private String folder() throws IOException {
    List<String> pickles = zip.names().stream().filter(name -> isTorch(List.of(name))).toList();
    if (pickles.size() != 1) {
      throw zip.place().wrong("one " + PICKLE, Quote.escape(pickles.toString()));
    }
    String found = pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
    if (zip.contains(found + "constants.pkl")) {
      throw zip.place()
          .unsupported(
              "TorchScript holds code and is refused: expected a state dict,"
                  + " as torch.save(model.state_dict(), FILE) writes it");
    }
    return found;
  }

  private boolean isBigEndian() throws IOException {
    String entry = folder + "byteorder";
    if (!zip.contains(entry)) {
      return false;
    }
    String order = new String(small(entry, 100), StandardCharsets.US_ASCII);
    if (!order.equals("little") && !order.equals("big")) {
      throw zip.place().entry(entry).wrong("'little' or 'big'", Quote.of(order));
    }
    return order.equals("big");
  }

  private byte[] small(String entry, int longest) throws IOException {
    if (zip.size(entry) > longest) {
      throw zip.place().entry(entry).limit("at most " + longest + " bytes", zip.size(entry));
    }
    try (InputStream in = zip.open(entry)) {
      return in.readAllBytes();
    }
  }

  private void checkStorages() throws IOException {
    var storages = new HashMap<String, TorchTensor.Storage>();
    long stored = 0;
    long viewed = 0;
    for (Map.Entry<String, TorchTensor> tensor : tensors.entrySet()) {
      TorchTensor.Storage storage = tensor.getValue().storage();
      Place place = zip.place().tensor(tensor.getKey());
      String entry = entry(storage);
      if (!zip.contains(entry)) {
        throw place.wrong("a file " + Quote.of(entry), "none");
      }
      // Compared by division: a count may be anything.
      long bytes = zip.size(entry);
      if (bytes % storage.type().bytes() != 0
          || bytes / storage.type().bytes() != storage.count()) {
        throw place.wrong(
            storage.count() + " values of " + storage.type().bytes() + " bytes", bytes + " bytes");
      }
      if (storage.count() > Integer.MAX_VALUE) {
        throw place.limit("a storage of at most 2147483647 values", storage.count());
      }
      TorchTensor.Storage before = storages.putIfAbsent(storage.key(), storage);
      if (before != null && !before.equals(storage)) {
        throw place.wrong(
            "storage " + Quote.of(storage.key()) + " as " + before.type(), storage.type());
      }
      stored += before == null ? storage.count() : 0;
      viewed += tensor.getValue().count();
    }
    if (viewed / MOST_VIEWS > stored) {
      throw zip.place()
          .limit("at most " + MOST_VIEWS + " views of the " + stored + " values", viewed);
    }
  }

  private String entry(TorchTensor.Storage storage) {
    return folder + "data/" + storage.key();
  }

  @Override
  public Place place() {
    return zip.place();
  }

  @Override
  public String format() {
    return "torch state dict";
  }

  @Override
  public String type(String name) {
    return tensor(name).storage().type().code();
  }

  @Override
  public Map<String, List<Integer>> shapes() {
    return shapes;
  }

  private TorchTensor tensor(String name) {
    TorchTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor " + Quote.of(name));
    }
    return tensor;
  }

  @Override
  public Tensor read(String name) throws IOException {
    TorchTensor view = tensor(name);
    Place place = place().tensor(name);
    Tensor tensor = TensorFile.allocate(place, view.shape());
    view.gather(values(place, view.storage()), tensor);
    return tensor;
  }

  /** A storage as float32. */
  private Tensor values(Place place, TorchTensor.Storage storage) throws IOException {
    Tensor kept = shared.get(storage.key());
    if (kept != null) {
      return kept;
    }
    Tensor values = decode(place, storage);
    if (users.getOrDefault(storage.key(), 0L) > 1) {
      shared.put(storage.key(), values);
    }
    return values;
  }

  private Tensor decode(Place place, TorchTensor.Storage storage) throws IOException {
    FloatFormat format = storage.type().format();
    if (format == null) {
      throw place.unsupported(
          "type " + storage.type().code() + " is not read as a weight: expected floats");
    }
    Tensor values = TensorFile.allocate(place, List.of((int) storage.count()));
    int step = CHUNK / format.bytes();
    try (InputStream in = zip.open(entry(storage))) {
      for (int done = 0; done < values.size(); done += step) {
        int count = Math.min(step, values.size() - done);
        byte[] chunk = in.readNBytes(count * format.bytes());
        if (chunk.length < count * format.bytes()) {
          throw place.truncated((long) count * format.bytes(), (long) done * format.bytes(), done);
        }
        if (bigEndian) {
          FloatFormat.reverse(chunk, format.bytes());
        }
        format.decode(MemorySegment.ofArray(chunk), count, values.data(), done);
      }
    }
    return values;
  }

  @Override
  public void close() throws IOException {
    shared.clear();
    zip.close();
  }
}
