package dev.rpn.simd;

import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The proposal head: the 3x3 convolution with ReLU, and both 1x1 layers on its result while that is
 * still in the second-level cache. Of the hidden map only some tiles exist at a time.
 *
 * <p>Among these, hidden pixels are rows in the order of tiles, then of the tile's outputs. Rows
 * that lie outside the map have no pixel.
 */
final class HeadKernel implements StageKernel {
  private static final int NO_PIXEL = -1;

  /** Whole tiles and whole register tiles; of 512 channels 170 KB. */
  private static final int MAX_HIDDEN_ROWS = 80;

  private final WinogradConvolution convolution;
  private final WinogradFilters filters;
  private final Heads1x1 heads;

  HeadKernel(HeadWeights weights, Algorithm algorithm) {
    convolution = new WinogradConvolution(weights.convolution(), algorithm);
    filters = new WinogradFilters(convolution.winograd, weights.convolution());
    heads = new Heads1x1(weights);
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(heads.outputs);
  }

  @Override
  public long packedBytes() {
    return filters.bytes() + heads.packedBytes();
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    filters.pack(packed, part, parts);
    heads.pack(packed, filters.bytes(), part, parts);
  }

  // Behind the convolution's scratch: some hidden rows, the sums of one register tile of them, and
  // each row's pixel.

  private long hiddenRow() {
    return (long) convolution.panels * PANEL_BYTES + 64;
  }

  /** Of so many tiles; a multiple of the heads' register tile. */
  private int hiddenRows(int tiles) {
    return Math.ceilDiv(tiles * pixels(), TILE_ROWS) * TILE_ROWS;
  }

  /** Pixels of a tile. */
  private int pixels() {
    return convolution.winograd.side * convolution.winograd.side;
  }

  private int maxTiles() {
    return MAX_HIDDEN_ROWS / pixels();
  }

  private long sumsOffset(int rows) {
    return convolution.scratchBytes(rows) + hiddenRows(maxTiles()) * hiddenRow();
  }

  private long pixelsOffset(int rows) {
    return sumsOffset(rows) + heads.sumBytes();
  }

  @Override
  public long scratchBytes(MapShape input) {
    return pixelsOffset(convolution.maxRows(input))
        + (long) hiddenRows(maxTiles()) * Integer.BYTES
        + ProductKernel.CHUNK_BYTES;
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return convolution.blocks(input, threads);
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
    int first = convolution.firstTile(shape, block, blocks);
    int count = convolution.firstTile(shape, block + 1, blocks) - first;
    int rows = convolution.rows(count);
    convolution.transformInput(shape, input, scratch, first, count);
    convolution.multiply(packed, scratch, count, 0, convolution.panels);
    for (int tile = 0; tile < count; tile += maxTiles()) {
      int tiles = Math.min(count - tile, maxTiles());
      for (int panel = 0; panel < convolution.panels; panel++) {
        transformOutput(packed, scratch, panel, rows, tile, tiles);
      }
      locatePixels(shape, scratch, rows, first + tile, tiles);
      heads.run(
          scratch,
          convolution.scratchBytes(rows),
          hiddenRow(),
          hiddenRows(tiles),
          packed,
          filters.bytes(),
          sumsOffset(rows),
          pixelsOffset(rows),
          output,
          shape.positions());
    }
  }

  private void transformOutput(
      MemorySegment packed, MemorySegment scratch, int panel, int rows, int tile, int tiles) {
    Winograd winograd = convolution.winograd;
    long hidden = convolution.scratchBytes(rows) + panel * PANEL_BYTES;
    winograd.output(
        scratch,
        convolution.mOffset(rows, panel) + tile * convolution.mRow(),
        convolution.plane(rows),
        convolution.mRow(),
        packed,
        filters.biasOffset() + panel * PANEL_BYTES,
        scratch,
        hidden,
        winograd.side * hiddenRow(),
        hiddenRow(),
        pixels() * hiddenRow(),
        Species.panelVectors(convolution.outputs, panel),
        tiles);
  }

  /** Sets the pixel of every hidden row; of none where a row is of no tile, or off the map. */
  private void locatePixels(MapShape shape, MemorySegment scratch, int rows, int first, int tiles) {
    int side = convolution.winograd.side;
    int across = convolution.tilesAcross(shape);
    int down = convolution.tilesDown(shape);
    long to = pixelsOffset(rows);
    for (int tile = first; tile < first + tiles; tile++) {
      int top = tile / across % down * side;
      int left = tile % across * side;
      int corner = (tile / across / down * shape.height() + top) * shape.width() + left;
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          boolean inside = top + y < shape.height() && left + x < shape.width();
          scratch.set(JAVA_INT, to, inside ? corner + y * shape.width() + x : NO_PIXEL);
          to += Integer.BYTES;
        }
      }
    }
    for (int row = tiles * pixels(); row < hiddenRows(tiles); row++) {
      scratch.set(JAVA_INT, to, NO_PIXEL);
      to += Integer.BYTES;
    }
  }
}
