package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open ONNX model: the weights of the proposal head in its graph, and of a VGG-style backbone
 * where that is all that stands before the head. Of any other graph the head alone is read.
 */
final class OnnxFile implements TensorFile {
  private static final String KERNEL = "/kernel";
  private static final String BIAS = "/bias";

  private final ProtoReader in;
  private final Map<String, OnnxConvolution> layers = new LinkedHashMap<>();
  private final Map<String, List<Integer>> shapes = new LinkedHashMap<>();
  private final Map<String, String> metadata;

  private OnnxFile(ProtoReader in) throws IOException {
    this.in = in;
    OnnxGraph graph = OnnxGraph.scan(in);
    OnnxHead head = OnnxHead.find(place(), graph);
    Optional<Backbone> backbone = OnnxBackbone.find(place(), graph, head, layers);
    layers.put(RpnHead.CONVOLUTION, head.convolution());
    layers.put(RpnHead.CLASSIFICATION, head.classification());
    layers.put(RpnHead.LOCATION, head.location());
    for (Map.Entry<String, OnnxConvolution> layer : layers.entrySet()) {
      List<Integer> oihw = layer.getValue().kernel().shape(place());
      OnnxTensor bias = layer.getValue().bias();
      shapes.put(
          layer.getKey() + KERNEL, List.of(oihw.get(2), oihw.get(3), oihw.get(1), oihw.get(0)));
      shapes.put(
          layer.getKey() + BIAS, bias == null ? List.of(oihw.getFirst()) : bias.shape(place()));
    }
    metadata = backbone.isPresent() ? architecture(backbone.get(), head) : Map.of();
  }

  /** Which layers are pooled before is not in the names of weights: the graph says it. */
  private Map<String, String> architecture(Backbone backbone, OnnxHead head) throws IOException {
    int channels = head.convolution().kernel().shape(place()).getFirst();
    int anchors = head.classification().kernel().shape(place()).getFirst();
    Architecture whole =
        place().checked(() -> Architecture.of(backbone, new RpnHead(channels, anchors)));
    return Map.of(ModelMetadata.ARCHITECTURE, ModelMetadata.text(whole));
  }

  static OnnxFile open(Path file) throws IOException {
    ProtoReader in = ProtoReader.open(file);
    try {
      return new OnnxFile(in);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public Place place() {
    return in.place();
  }

  @Override
  public String format() {
    return "ONNX graph";
  }

  @Override
  public String type(String name) {
    OnnxConvolution layer = layers.get(layer(name));
    OnnxTensor tensor = layer == null ? null : name.endsWith(BIAS) ? layer.bias() : layer.kernel();
    return tensor == null ? "" : tensor.code();
  }

  private static String layer(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('/')));
  }

  @Override
  public Map<String, List<Integer>> shapes() {
    return shapes;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Tensor read(String name) throws IOException {
    OnnxConvolution layer = layers.get(layer(name));
    List<Integer> shape = shapes.get(name);
    if (layer == null || shape == null) {
      throw new IllegalArgumentException("no tensor " + Quote.of(name));
    }
    OnnxTensor bias = layer.bias();
    if (name.endsWith(BIAS)) {
      return bias == null ? TensorFile.allocate(place().tensor(name), shape) : bias.read(in);
    }
    return hwio(layer.kernel().read(in), shape);
  }

  private Tensor hwio(Tensor oihw, List<Integer> hwio) throws IOException {
    Tensor to = TensorFile.allocate(place(), hwio);
    OnnxTensor.reverse(oihw, hwio.get(3), hwio.get(2), to);
    return to;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
