package dev.rpn.simd;

import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A 3x3 convolution with bias and ReLU, or the gradient of its input. */
final class ConvolutionKernel implements StageKernel {
  private final WinogradConvolution convolution;
  private final WinogradFilters filters;

  /** The forward input where the result is its gradient. */
  private final @Nullable MemorySegment forwardInput;

  ConvolutionKernel(ConvolutionWeights weights, Algorithm algorithm) {
    convolution = new WinogradConvolution(weights, algorithm);
    filters = new WinogradFilters(convolution.winograd, weights);
    forwardInput = null;
  }

  private ConvolutionKernel(
      WinogradConvolution convolution, WinogradFilters filters, MemorySegment forwardInput) {
    this.convolution = convolution;
    this.filters = filters;
    this.forwardInput = forwardInput;
  }

  /**
   * The same with filters turned by 180 degrees and channels exchanged, no bias and no ReLU; 0
   * where the forward input is not above 0.
   */
  static StageKernel inputGradient(ConvolutionWeights weights, MemorySegment forwardInput) {
    Winograd winograd = WinogradF2.withoutRelu();
    return new ConvolutionKernel(
        new WinogradConvolution(
            winograd, /* inputs= */ weights.outputs(), /* outputs= */ weights.inputs()),
        WinogradFilters.turned(winograd, weights),
        forwardInput);
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(convolution.outputs);
  }

  @Override
  public long packedBytes() {
    return filters.bytes();
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    filters.pack(packed, part, parts);
  }

  /** The last part is one tile of one panel of outputs, for what does not fit the map. */
  @Override
  public long scratchBytes(MapShape input) {
    int side = convolution.winograd.side;
    return convolution.scratchBytes(convolution.maxRows(input)) + (long) side * side * PANEL_BYTES;
  }

  /**
   * Whether blocks share out the outputs and not the tiles. ReLU's gradient goes over whole pixels.
   */
  private boolean splitsOutputs(MapShape input) {
    return forwardInput == null && convolution.hasFewTiles(input);
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return splitsOutputs(input)
        ? Math.min(threads, convolution.panels)
        : convolution.blocks(input, threads);
  }

  @Override
  public void run(
      MapShape shape,
      MemorySegment input,
      MemorySegment output,
      MemorySegment packed,
      MemorySegment scratch,
      int block,
      int blocks) {
    boolean split = splitsOutputs(shape);
    int first = split ? 0 : convolution.firstTile(shape, block, blocks);
    int end = split ? convolution.tiles(shape) : convolution.firstTile(shape, block + 1, blocks);
    int firstPanel = split ? convolution.panels * block / blocks : 0;
    int endPanel = split ? convolution.panels * (block + 1) / blocks : convolution.panels;
    int count = end - first;
    convolution.transformInput(shape, input, scratch, first, count);
    convolution.multiply(packed, scratch, count, firstPanel, endPanel);
    for (int panel = firstPanel; panel < endPanel; panel++) {
      transformOutput(shape, output, packed, scratch, panel, first, count);
    }
    if (forwardInput != null) {
      undoRelu(shape, output, forwardInput, first, count);
    }
  }

  /** Gradients become 0 where the forward input is not above 0, while a block's are near. */
  private void undoRelu(
      MapShape shape, MemorySegment gradient, MemorySegment forward, int first, int count) {
    int side = convolution.winograd.side;
    int across = convolution.tilesAcross(shape);
    int down = convolution.tilesDown(shape);
    long pixel = (long) convolution.outputs * Float.BYTES;
    int run;
    for (int tile = first; tile < first + count; tile += run) {
      int column = tile % across;
      run = Math.min(first + count - tile, across - column);
      int x = column * side;
      int width = Math.min(run * side, shape.width() - x);
      long row = (long) (tile / across / down) * shape.height();
      int y = tile / across % down * side;
      for (int dy = 0; dy < Math.min(side, shape.height() - y); dy++) {
        long at = ((row + y + dy) * shape.width() + x) * pixel;
        long values = (long) width * convolution.outputs;
        ReluGradient.run(gradient, at, forward, at, gradient, at, values);
      }
    }
  }

  private void transformOutput(
      MapShape shape,
      MemorySegment output,
      MemorySegment packed,
      MemorySegment scratch,
      int panel,
      int first,
      int count) {
    Winograd winograd = convolution.winograd;
    int side = winograd.side;
    int rows = convolution.rows(count);
    int across = convolution.tilesAcross(shape);
    int down = convolution.tilesDown(shape);
    int column = first % across;
    int row = first / across % down;
    int image = first / across / down;
    int channels = Math.min(PANEL, convolution.outputs - panel * PANEL);
    int vectors = Species.panelVectors(convolution.outputs, panel);
    boolean whole = channels == vectors * Species.LANES;
    long bias = filters.biasOffset() + panel * PANEL_BYTES;
    long yColumn = (long) convolution.outputs * Float.BYTES;
    long yRow = yColumn * shape.width();
    long mPlane = convolution.plane(rows);
    long mRow = convolution.mRow();
    long staging = convolution.scratchBytes(rows);
    int run;
    for (int tile = 0; tile < count; tile += run) {
      int y = row * side;
      int x = column * side;
      long to =
          (((long) image * shape.height() + y) * shape.width() + x) * yColumn + panel * PANEL_BYTES;
      long m = convolution.mOffset(rows, panel) + tile * mRow;
      if (whole && y + side <= shape.height() && x + side <= shape.width()) {
        run = Math.min(count - tile, shape.width() / side - column);
        winograd.output(
            scratch,
            m,
            mPlane,
            mRow,
            packed,
            bias,
            output,
            to,
            yRow,
            yColumn,
            side * yColumn,
            vectors,
            run);
      } else {
        run = 1;
        winograd.output(
            scratch,
            m,
            mPlane,
            mRow,
            packed,
            bias,
            scratch,
            staging,
            side * PANEL_BYTES,
            PANEL_BYTES,
            0,
            vectors,
            1);
        int height = Math.min(side, shape.height() - y);
        int width = Math.min(side, shape.width() - x);
        for (int dy = 0; dy < height; dy++) {
          for (int dx = 0; dx < width; dx++) {
            MemorySegment.copy(
                scratch,
                staging + (dy * side + dx) * PANEL_BYTES,
                output,
                to + dy * yRow + dx * yColumn,
                (long) channels * Float.BYTES);
          }
        }
      }
      column += run;
      if (column == across) {
        column = 0;
        if (++row == down) {
          row = 0;
          image++;
        }
      }
    }
  }
}
