package dev.rpn.engine;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.kernel.Segments;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.ProposalModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Pictures or feature maps in, proposals out: the network forward, then the selection.
 *
 * <p>One caller at a time; a second concurrent call is refused. All large memory is taken at
 * construction; a call of the same shapes as the last allocates nothing. The proposals are a view
 * that the next call overwrites.
 */
public final class ProposalEngine implements AutoCloseable {
  private final ProposalModel model;
  private final ProposalLimits limits;
  private final NetworkEngine network;
  private final ProposalSelector selector;
  private final Footprint footprint;
  private final Occupancy occupancy = new Occupancy();

  /** What the last call's shapes and sizes mean for the selection; null before the first. */
  private @Nullable Plan plan;

  /**
   * The grid and the head's outputs for one combination of shapes.
   *
   * @param shapes of the inputs
   * @param padded the picture with its padding
   * @param pictures each without its padding
   */
  private record Plan(
      List<MapShape> shapes,
      Size padded,
      List<Size> pictures,
      Anchors anchors,
      List<HeadOutput> outputs) {}

  /**
   * An engine with the profile's limits for inference.
   *
   * @see #ProposalEngine(ProposalModel, EngineOptions, ProposalLimits, MapShape...)
   */
  public ProposalEngine(ProposalModel model, EngineOptions options, MapShape... capacity) {
    this(model, options, model.profile().selection().inference(), capacity);
  }

  /**
   * Packs the weights and takes the memory.
   *
   * @param model network, anchors and conventions
   * @param options how to compute
   * @param limits how many proposals to look at and to keep
   * @param capacity the largest input of each level; a network with a backbone has one, its picture
   * @throws IllegalArgumentException if the levels are not the model's
   */
  public ProposalEngine(
      ProposalModel model, EngineOptions options, ProposalLimits limits, MapShape... capacity) {
    checkLevels(model, capacity);
    this.model = model;
    this.limits = limits;
    Anchors largest = largestGrid(model, capacity);
    selector = new ProposalSelector(model.profile(), largest, capacity[0].batch(), limits);
    network = new NetworkEngine(model.network(), options, capacity);
    footprint =
        network
            .footprint()
            .withHeapBytes(ProposalSelector.workspaceBytes(largest, capacity[0].batch(), limits));
  }

  /** The memory that such an engine would take, without taking it. */
  public static Footprint footprint(
      ProposalModel model, EngineOptions options, ProposalLimits limits, MapShape... capacity) {
    checkLevels(model, capacity);
    return NetworkEngine.footprint(model.network(), options, capacity)
        .withHeapBytes(
            ProposalSelector.workspaceBytes(
                largestGrid(model, capacity), capacity[0].batch(), limits));
  }

  private static void checkLevels(ProposalModel model, MapShape[] capacity) {
    if (capacity.length != model.anchors().levels()) {
      throw new IllegalArgumentException(
          "levels: expected " + model.anchors().levels() + ", got " + capacity.length);
    }
  }

  /** The anchors of the largest inputs; their boxes don't matter, only their number. */
  private static Anchors largestGrid(ProposalModel model, MapShape[] capacity) {
    var grids = new ArrayList<Size>();
    int height = 1;
    int width = 1;
    for (MapShape level : capacity) {
      MapShape map = featureShape(model, level);
      grids.add(new Size(map.height(), map.width()));
      height = Math.max(height, level.height());
      width = Math.max(width, level.width());
    }
    return new Anchors(model.anchors(), model.profile(), new Size(height, width), grids);
  }

  private static MapShape featureShape(ProposalModel model, MapShape input) {
    Optional<Backbone> backbone = model.network().architecture().backbone();
    return backbone.isPresent() ? backbone.get().featureShape(input) : input;
  }

  /** What it runs. */
  public ProposalModel model() {
    return model;
  }

  /** How it computes. */
  public EngineOptions options() {
    return network.options();
  }

  /** The memory that it holds. */
  public Footprint footprint() {
    return footprint;
  }

  /**
   * Proposals of pictures that fill their input; for a network with a backbone.
   *
   * @param shape {@code (N, height, width, 3)}, at most the capacity
   * @param pictures preprocessed, float32 NHWC
   * @return boxes in pixels of the input, valid until the next call
   * @throws IllegalArgumentException if the network has no backbone, or the input does not fit
   * @throws IllegalStateException if another call runs or the engine is closed
   */
  public Proposals propose(MapShape shape, MemorySegment pictures) {
    if (model.network().architecture().backbone().isEmpty()) {
      throw new IllegalArgumentException(
          "the model has no backbone: expected feature maps with the size of their picture");
    }
    Size size = new Size(shape.height(), shape.width());
    return propose(
        List.of(new FeatureMap(shape, pictures)), size, Collections.nCopies(shape.batch(), size));
  }

  /**
   * Proposals from the inputs of every level.
   *
   * @param levels one a level, all of the same batch
   * @param padded rows and columns of the pictures that the maps were made of, with padding
   * @param pictures rows and columns of each picture without its padding: boxes are clipped to them
   * @return boxes in pixels of the pictures, valid until the next call
   * @throws IllegalArgumentException if levels, batch or sizes do not fit
   * @throws IllegalStateException if another call runs or the engine is closed
   */
  public Proposals propose(List<FeatureMap> levels, Size padded, List<Size> pictures) {
    Objects.requireNonNull(padded, "padded");
    checkBatch(levels, pictures);
    occupancy.enter();
    try {
      for (int level = 0; level < levels.size(); level++) {
        network.forward(level, levels.get(level).shape(), levels.get(level).values());
      }
      Plan current = plan;
      if (current == null || !fits(current, levels, padded, pictures)) {
        current = plan(levels, padded, pictures);
        plan = current;
      }
      return selector.select(current.anchors, current.outputs, current.pictures, limits);
    } finally {
      if (occupancy.exit()) {
        network.close();
      }
    }
  }

  /**
   * Proposes from zeros until calls of these shapes get no faster. Takes some seconds for the
   * default head; a process that answers requests does it before the first.
   *
   * @param padded rows and columns of the pictures
   * @param shapes one a level
   * @throws IllegalArgumentException if the shapes do not fit
   * @throws IllegalStateException if another call runs or the engine is closed
   */
  public WarmUp warmUp(Size padded, MapShape... shapes) {
    try (Arena arena = Arena.ofShared()) {
      var levels = new ArrayList<FeatureMap>();
      for (MapShape shape : shapes) {
        levels.add(new FeatureMap(shape, Segments.allocate(arena, shape.elements())));
      }
      List<Size> pictures = Collections.nCopies(shapes[0].batch(), padded);
      return WarmUp.of(
          () -> propose(levels, padded, pictures),
          () -> callSurroundings(levels, padded, pictures));
    }
  }

  /** A call without its kernels and its selection, after one with them. */
  private void callSurroundings(List<FeatureMap> levels, Size padded, List<Size> pictures) {
    checkBatch(levels, pictures);
    for (int level = 0; level < levels.size(); level++) {
      network.callSurroundings(level, levels.get(level).shape());
    }
    Plan current = Objects.requireNonNull(plan);
    if (fits(current, levels, padded, pictures)) {
      ProposalSelector.check(current.anchors, current.outputs, pictures.size());
    }
  }

  private void checkBatch(List<FeatureMap> levels, List<Size> pictures) {
    if (levels.size() != network.levels()) {
      throw new IllegalArgumentException(
          "levels: expected " + network.levels() + ", got " + levels.size());
    }
    for (int level = 0; level < levels.size(); level++) {
      if (levels.get(level).shape().batch() != pictures.size()) {
        throw new IllegalArgumentException(
            "level "
                + level
                + ": batch: expected "
                + pictures.size()
                + ", one a picture size, got "
                + levels.get(level).shape().batch());
      }
    }
  }

  private static boolean fits(
      Plan plan, List<FeatureMap> levels, Size padded, List<Size> pictures) {
    for (int level = 0; level < levels.size(); level++) {
      if (!plan.shapes.get(level).equals(levels.get(level).shape())) {
        return false;
      }
    }
    // A list that compares itself takes an iterator for it.
    boolean same = same(plan.padded, padded) && plan.pictures.size() == pictures.size();
    for (int picture = 0; same && picture < pictures.size(); picture++) {
      same = same(plan.pictures.get(picture), pictures.get(picture));
    }
    return same;
  }

  /** Once C2 is asked for a record's own comparison, the record's messages become objects. */
  private static boolean same(Size a, Size b) {
    return a.height() == b.height() && a.width() == b.width();
  }

  private Plan plan(List<FeatureMap> levels, Size padded, List<Size> pictures) {
    var shapes = new ArrayList<MapShape>();
    var grids = new ArrayList<Size>();
    var outputs = new ArrayList<HeadOutput>();
    for (int level = 0; level < levels.size(); level++) {
      shapes.add(levels.get(level).shape());
      MapShape map = network.featureShape(level);
      grids.add(new Size(map.height(), map.width()));
      outputs.add(new HeadOutput(network.logits(level), network.deltas(level)));
    }
    return new Plan(
        shapes,
        padded,
        List.copyOf(pictures),
        new Anchors(model.anchors(), model.profile(), padded, grids),
        outputs);
  }

  /**
   * Frees the memory. While a call runs, that call ends normally and frees it. A second call does
   * nothing.
   */
  @Override
  public void close() {
    if (occupancy.close()) {
      network.close();
    }
  }
}
