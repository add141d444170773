package dev.rpn.io.picture;

import dev.rpn.anchor.ProposalLimits;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.Proposal;
import dev.rpn.engine.ProposalEngine;
import dev.rpn.engine.Proposals;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.kernel.Segments;
import dev.rpn.model.MapShape;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pictures in, proposals out, in the pixels of the picture as given: preprocessing, engine and the
 * way back.
 *
 * <p>One caller at a time. A model of a fixed input size takes its memory with the first picture;
 * one that keeps the pictures' own size takes more whenever a larger picture comes.
 */
public final class PictureProposer implements AutoCloseable {
  private final ProposalModel model;
  private final EngineOptions options;
  private final ProposalLimits limits;
  private final PictureInput preprocessing;
  private @Nullable Loaded loaded;

  /** An engine and the memory of its input, both for the same largest picture. */
  private record Loaded(ProposalEngine engine, MapShape capacity, Arena arena, MemorySegment input)
      implements AutoCloseable {
    boolean holds(MapShape shape) {
      return shape.height() <= capacity.height() && shape.width() <= capacity.width();
    }

    @Override
    public void close() {
      engine.close();
      arena.close();
    }
  }

  /**
   * A proposer with the profile's limits for inference.
   *
   * @throws IllegalArgumentException if the model has no backbone
   */
  public PictureProposer(ProposalModel model, EngineOptions options) {
    this(model, options, model.profile().selection().inference());
  }

  /**
   * A proposer.
   *
   * @param model with a backbone
   * @param options how to compute
   * @param limits how many proposals to look at and to keep
   * @throws IllegalArgumentException if the model has no backbone
   */
  public PictureProposer(ProposalModel model, EngineOptions options, ProposalLimits limits) {
    if (model.network().architecture().backbone().isEmpty()) {
      throw new IllegalArgumentException(
          "the model reads feature maps: expected one with a backbone, which reads pictures");
    }
    this.model = model;
    this.options = options;
    this.limits = limits;
    preprocessing = new PictureInput(model.preprocessing());
  }

  /**
   * Reads a model file; the best kernels that work, one thread.
   *
   * @throws IOException if the file can't be read or is not a model file
   */
  public static PictureProposer open(Path modelFile) throws IOException {
    return new PictureProposer(ModelFile.read(modelFile), EngineOptions.standard());
  }

  /** What it runs. */
  public ProposalModel model() {
    return model;
  }

  /** How it computes. */
  public EngineOptions options() {
    return options;
  }

  /**
   * The proposals of one picture, best first; boxes in its own pixels, levels and anchors as the
   * engine numbers them.
   *
   * @throws IllegalArgumentException if the picture is smaller than the backbone's stride
   */
  public List<Proposal> propose(Picture picture) {
    Objects.requireNonNull(picture, "picture");
    PictureScale scale = preprocessing.scale(picture.width(), picture.height());
    MapShape shape = preprocessing.shape(picture.width(), picture.height());
    Loaded ready = loaded(shape);
    MemorySegment input = ready.input.asSlice(0, shape.bytes());
    preprocessing.write(picture, input);
    Proposals proposals = ready.engine.propose(shape, input);
    var list = new ArrayList<Proposal>(proposals.count(0));
    for (Proposal proposal : proposals.toList(0)) {
      list.add(
          new Proposal(
              scale.toPicture(proposal.box()),
              proposal.score(),
              proposal.level(),
              proposal.anchor()));
    }
    return list;
  }

  /** The engine for pictures of this size; a larger one replaces it. */
  private Loaded loaded(MapShape shape) {
    Loaded ready = loaded;
    if (ready == null || !ready.holds(shape)) {
      MapShape capacity =
          ready == null
              ? shape
              : new MapShape(
                  1,
                  Math.max(shape.height(), ready.capacity.height()),
                  Math.max(shape.width(), ready.capacity.width()),
                  shape.channels());
      close();
      ready = load(capacity);
      loaded = ready;
    }
    return ready;
  }

  @SuppressWarnings("MustBeClosed") // Closed with what it is loaded for.
  private Loaded load(MapShape capacity) {
    var engine = new ProposalEngine(model, options, limits, capacity);
    Arena arena = Arena.ofShared();
    return new Loaded(engine, capacity, arena, Segments.allocate(arena, capacity.elements()));
  }

  /** Frees the memory; another picture takes it again. */
  @Override
  public void close() {
    if (loaded != null) {
      loaded.close();
      loaded = null;
    }
  }
}
