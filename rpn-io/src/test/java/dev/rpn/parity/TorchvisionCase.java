package dev.rpn.parity;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.Size;
import dev.rpn.engine.HeadOutput;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import dev.rpn.kernel.Segments;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What torchvision 0.29 computed for one batch, stage by stage. */
final class TorchvisionCase {
  private final Map<String, NpyArray> arrays;

  TorchvisionCase(String name) throws IOException {
    try {
      arrays =
          Npz.read(
              Path.of(TorchvisionCase.class.getResource("/torchvision/" + name + ".npz").toURI()));
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  NpyArray get(String name) {
    return arrays.get(name);
  }

  float[] floats(String name) {
    return get(name).toFloats();
  }

  Size picture() {
    int[] sides = get("image").toInts();
    return new Size(sides[0], sides[1]);
  }

  int pictures() {
    return get("logits/0").shape()[0];
  }

  Anchors anchors() {
    var sizes = new ArrayList<List<Float>>();
    var grids = new ArrayList<Size>();
    int[] shape = get("sizes").shape();
    for (int level = 0; level < shape[0]; level++) {
      var ofLevel = new ArrayList<Float>();
      for (int i = 0; i < shape[1]; i++) {
        ofLevel.add((float) get("sizes").get(level * shape[1] + i));
      }
      sizes.add(ofLevel);
      int[] logits = get("logits/" + level).shape();
      grids.add(new Size(logits[2], logits[3]));
    }
    var ratios = new ArrayList<Float>();
    for (float ratio : floats("ratios")) {
      ratios.add(ratio);
    }
    return new Anchors(
        new AnchorRecipe(sizes, ratios, List.of()), Profile.TORCHVISION, picture(), grids);
  }

  /** The head's output of every level, in the engine's layout. */
  List<HeadOutput> outputs(Arena arena) {
    var outputs = new ArrayList<HeadOutput>();
    for (int level = 0; level < get("sizes").shape()[0]; level++) {
      outputs.add(new HeadOutput(nhwc(arena, "logits/" + level), nhwc(arena, "deltas/" + level)));
    }
    return outputs;
  }

  private MemorySegment nhwc(Arena arena, String name) {
    int[] shape = get(name).shape();
    float[] nchw = floats(name);
    MemorySegment segment = Segments.allocate(arena, nchw.length);
    int plane = shape[2] * shape[3];
    for (int i = 0; i < nchw.length; i++) {
      int position = i % plane;
      int channel = i / plane % shape[1];
      int picture = i / plane / shape[1];
      long index = ((long) picture * plane + position) * shape[1] + channel;
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, nchw[i]);
    }
    return segment;
  }
}
