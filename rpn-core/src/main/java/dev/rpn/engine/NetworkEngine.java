package dev.rpn.engine;

import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Runs a network forward: a feature map (or, with a backbone, a picture) in, logits and deltas out.
 *
 * <p>All memory is taken at construction, for inputs up to a stated size, and freed by {@link
 * #close}. A call of the same shape as the last allocates nothing. One caller at a time; a second
 * concurrent call is refused. Results are views that the next call overwrites.
 */
public final class NetworkEngine implements AutoCloseable {
  /** Never started: stands for the helpers, who can't read memory confined to the caller. */
  private static final Thread OTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

  private final Architecture architecture;
  private final EngineOptions options;
  private final InferenceKernels kernels;
  private final List<StageKernel> stages;
  private final MemorySegment[] packed;
  private final MemorySegment[] maps = new MemorySegment[2];
  private final MemorySegment inputCopy;
  private final List<LevelOutput> levels = new ArrayList<>();
  private final List<MapShape> capacity;
  private final Footprint footprint;
  private final Arena arena;
  private final Workers workers;
  private final StageTask task;
  private final Occupancy occupancy = new Occupancy();

  /**
   * Packs the weights and takes the memory.
   *
   * @param network what to run; its weights are read now and not again
   * @param options how
   * @param capacity the largest input of each level; a network with a backbone has one level, its
   *     picture
   * @throws IllegalArgumentException if a level's channels are not the network's, or a backbone is
   *     given several levels
   */
  @SuppressWarnings("MustBeClosed") // The engine owns its arena: close() closes it.
  public NetworkEngine(Network network, EngineOptions options, MapShape... capacity) {
    this.architecture = network.architecture();
    this.options = options;
    this.capacity = List.of(capacity);
    kernels = options.kernels().inference();
    StageChain chain = StageChain.of(network, options, this.capacity);
    stages = chain.stages();
    footprint = chain.footprint(options.threads());
    arena = Arena.ofShared();
    SegmentAllocator memory = block(arena, footprint.offHeapBytes());
    workers = new Workers(options.threads(), options.executor());
    packed = new MemorySegment[stages.size()];
    for (int i = 0; i < packed.length; i++) {
      packed[i] = slice(memory, stages.get(i).packedBytes());
    }
    pack();
    for (int i = 0; i < maps.length; i++) {
      maps[i] = slice(memory, chain.mapBytes());
    }
    inputCopy = slice(memory, chain.inputBytes());
    for (int level = 0; level < capacity.length; level++) {
      levels.add(
          new LevelOutput(slice(memory, chain.outputBytes(level)), architecture.head().anchors()));
    }
    var scratches = new MemorySegment[options.threads()];
    for (int i = 0; i < scratches.length; i++) {
      scratches[i] = slice(memory, chain.scratchBytes());
    }
    task = new StageTask(scratches);
  }

  private static SegmentAllocator block(Arena arena, long bytes) {
    try {
      return SegmentAllocator.slicingAllocator(arena.allocate(bytes, Segments.ALIGNMENT));
    } catch (OutOfMemoryError | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static MemorySegment slice(SegmentAllocator memory, long bytes) {
    return memory.allocate(Segments.align(bytes), Segments.ALIGNMENT);
  }

  /** The memory that such an engine would take, without taking it. */
  public static Footprint footprint(Network network, EngineOptions options, MapShape... capacity) {
    return StageChain.of(network, options, List.of(capacity)).footprint(options.threads());
  }

  private void pack() {
    int threads = options.threads();
    for (int i = 0; i < packed.length; i++) {
      StageKernel stage = stages.get(i);
      MemorySegment to = packed[i];
      workers.run((part, worker) -> stage.pack(to, part, threads), threads);
    }
  }

  /** How it computes. */
  public EngineOptions options() {
    return options;
  }

  /** The memory that it holds. */
  public Footprint footprint() {
    return footprint;
  }

  /** The largest input of each level. */
  public List<MapShape> capacity() {
    return capacity;
  }

  /** Number of levels. */
  public int levels() {
    return levels.size();
  }

  /**
   * Runs one level. Its outputs stay until the same level runs again.
   *
   * @param level from 0
   * @param shape at most the level's capacity on every side, the network's channels
   * @param input float32 NHWC, exactly {@code shape.bytes()} bytes, not changed; it is copied first
   *     where it is on the heap, not aligned to 4 bytes, or confined to the caller's thread while
   *     there are helpers
   * @throws IllegalArgumentException if the input does not fit, with both values
   * @throws IllegalStateException if another call runs or the engine is closed
   */
  public void forward(int level, MapShape shape, MemorySegment input) {
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(input, "input");
    Objects.checkIndex(level, levels.size());
    run(level, shape, input, packed.length);
  }

  /** Runs the first stages, all or none of them. */
  private void run(int level, MapShape shape, MemorySegment input, int count) {
    checkInput(level, shape, input);
    occupancy.enter();
    try {
      LevelOutput out = levels.get(level);
      if (!shape.equals(out.shape)) {
        out.reshape(shape, stages, options.threads());
      }
      MemorySegment from = direct(input) ? input : copied(input);
      for (int i = 0; i < count; i++) {
        boolean head = i == packed.length - 1;
        MemorySegment to = head ? out.output : maps[i % 2];
        task.kernel = stages.get(i);
        task.shape = out.inputs[i];
        task.input = from;
        task.output = to;
        task.packed = packed[i];
        task.blocks = out.blocks[i];
        workers.run(task, task.blocks);
        from = to;
      }
    } finally {
      if (occupancy.exit()) {
        free();
      }
    }
  }

  /**
   * Runs a level on zeros until calls of this shape get no faster. Takes some seconds for the
   * default head; a process that answers requests does it before the first.
   *
   * @throws IllegalArgumentException if the shape does not fit
   * @throws IllegalStateException if another call runs or the engine is closed
   */
  public WarmUp warmUp(int level, MapShape shape) {
    MemorySegment zeros = inputCopy.asSlice(0, shape.bytes());
    alone(() -> zeros.fill((byte) 0));
    return WarmUp.of(() -> forward(level, shape, zeros), () -> callSurroundings(level, shape));
  }

  /** A call without its kernels. */
  void callSurroundings(int level, MapShape shape) {
    run(level, shape, inputCopy.asSlice(0, shape.bytes()), 0);
    alone(() -> workers.run((part, worker) -> {}, options.threads()));
  }

  /** Uses the workers or the memory as a call does, of which there is one at a time. */
  private void alone(Runnable use) {
    occupancy.enter();
    try {
      use.run();
    } finally {
      if (occupancy.exit()) {
        free();
      }
    }
  }

  /** Whether kernels may read it where it is; heap memory would spoil their compiled code. */
  private boolean direct(MemorySegment input) {
    return input.isNative()
        && input.address() % Float.BYTES == 0
        && (options.threads() == 1 || input.isAccessibleBy(OTHER_THREAD));
  }

  private MemorySegment copied(MemorySegment input) {
    MemorySegment.copy(input, 0, inputCopy, 0, input.byteSize());
    return inputCopy;
  }

  private void checkInput(int level, MapShape shape, MemorySegment input) {
    StageChain.checkChannels(architecture, shape);
    if (input.byteSize() != shape.bytes()) {
      throw new IllegalArgumentException(
          "input: expected "
              + shape.bytes()
              + " bytes for shape "
              + shape
              + ", got "
              + input.byteSize());
    }
    MemorySegment output = levels.get(level).output;
    // Without a branch for which of them comes first: the warm-up has met one case only.
    long first = Math.max(input.address(), output.address());
    long end = Math.min(input.address() + input.byteSize(), output.address() + output.byteSize());
    if (input.isNative() && first < end) {
      throw new IllegalArgumentException(
          "input: expected memory of its own, got a part of the engine's output");
    }
    MapShape most = capacity.get(level);
    if (shape.batch() > most.batch()
        || shape.height() > most.height()
        || shape.width() > most.width()) {
      throw new IllegalArgumentException(
          "input: expected at most the engine's capacity of " + most + ", got " + shape);
    }
  }

  /** A level's logits, {@code (N, H, W, k)}: a read-only view, valid until the level runs again. */
  public MemorySegment logits(int level) {
    return ran(level).logits;
  }

  /**
   * A level's deltas, {@code (N, H, W, 4k)}: a read-only view, valid until the level runs again.
   */
  public MemorySegment deltas(int level) {
    return ran(level).deltas;
  }

  /** The shape of the feature map that the level's outputs belong to. */
  public MapShape featureShape(int level) {
    return ran(level).inputs[packed.length - 1];
  }

  private LevelOutput ran(int level) {
    LevelOutput output = levels.get(level);
    if (output.shape == null) {
      throw new IllegalStateException("level " + level + " has not run yet");
    }
    return output;
  }

  /** The level's probabilities {@code sigmoid(logits)}, {@code (N, H, W, k)}, as a new array. */
  public float[] probabilities(int level) {
    float[] values = logits(level).toArray(ValueLayout.JAVA_FLOAT);
    try (Arena local = Arena.ofShared()) { // as in KernelCheck
      MemorySegment segment = Segments.allocate(local, values.length);
      MemorySegment.copy(logits(level), 0, segment, 0, segment.byteSize());
      kernels.sigmoid(segment, segment, 0, values.length);
      MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
    }
    return values;
  }

  /**
   * Frees the memory; views of results end with it. While a call runs, that call ends normally and
   * frees it. A second call does nothing.
   */
  @Override
  public void close() {
    if (occupancy.close()) {
      free();
    }
  }

  private void free() {
    workers.close();
    arena.close();
  }
}
