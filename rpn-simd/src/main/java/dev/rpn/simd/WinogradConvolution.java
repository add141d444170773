package dev.rpn.simd;

import static dev.rpn.simd.ChunkProduct.FAST;
import static dev.rpn.simd.ChunkProduct.FAST_AHEAD;
import static dev.rpn.simd.ChunkProduct.PLAIN;
import static dev.rpn.simd.ChunkProduct.SLOW;
import static dev.rpn.simd.ChunkProduct.SLOW_AHEAD;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.GROUP;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_ROWS;
import static dev.rpn.simd.Species.TILE_VECTORS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The part that every Winograd stage shares: a block of tiles is transformed, then multiplied with
 * the filters of one position after the other.
 *
 * <p>In scratch memory a block's tiles are the rows of two families of matrices, one matrix a
 * position: {@code V}, the transformed inputs, with a row of input channels, and {@code M}, the
 * products, with a row of one panel of output channels and one part a panel. The number of rows is
 * rounded up to the register tile; what the surplus rows hold is never read.
 *
 * <p>M of a position lies where V of the position before it was: that is near, and no longer
 * needed.
 */
final class WinogradConvolution {
  /** What the planes of two positions are apart on the cache's sets: a transform uses all. */
  private static final long SKEW = 5 * 64;

  /** Addresses that are a multiple of this apart share their set of the first-level cache. */
  private static final long SETS = 4096;

  /** What a position's filters of a group of panels may take of the second-level cache. */
  private static final long FILTER_BYTES = 128 * 1024;

  /**
   * Tiles of a block: enough that a filter, once fetched, serves many rows, few enough that a
   * block's matrices stay near.
   */
  private static final int MAX_ROWS = Species.WIDE_TILE ? 240 : 120;

  /** Tiles of a block where all filters stay near, so that the matrices alone matter. */
  private static final int FEW_ROWS = Species.WIDE_TILE ? 60 : MAX_ROWS;

  /** Up to so many rows fetch the next chunk at the faster pace. */
  private static final int FAST_ROWS = 100;

  /** What filters may take of the second-level cache to stay there from block to block. */
  private static final long NEAR_BYTES = 1024 * 1024;

  final Winograd winograd;
  final int outputs;
  final int panels;
  private final int inputs;
  private final int inputVectors;
  private final int groupPanels;
  private final int maxRows;

  /** Whether filters stay near from block to block; else every block fetches them anew. */
  private final boolean near;

  /** Whether {@link ThinProduct} multiplies: V then lies in groups of channels. */
  private final boolean thin;

  /** Vectors of inputs whose rows lie together in V. */
  private final int groupVectors;

  /** Rows of the register tile. */
  private final int tileRows;

  WinogradConvolution(ConvolutionWeights weights, Algorithm algorithm) {
    this(Winograd.of(algorithm), weights.inputs(), weights.outputs());
  }

  WinogradConvolution(Winograd winograd, int inputs, int outputs) {
    this.winograd = winograd;
    this.inputs = inputs;
    this.outputs = outputs;
    panels = Species.panels(outputs);
    inputVectors = Species.vectors(inputs);
    long panelBytes = inputs * PANEL_BYTES;
    groupPanels = Math.clamp(FILTER_BYTES / panelBytes, 1, panels);
    long filterBytes = panelBytes * panels * winograd.positions;
    near = filterBytes <= NEAR_BYTES;
    maxRows = near ? FEW_ROWS : MAX_ROWS;
    thin = Species.WIDE_TILE && outputs <= LANES;
    groupVectors = thin ? GROUP / LANES : inputVectors;
    tileRows = thin ? ThinProduct.ROWS : TILE_ROWS;
  }

  // How a map falls into tiles, and tiles into blocks.

  int tilesAcross(MapShape shape) {
    return Math.ceilDiv(shape.width(), winograd.side);
  }

  int tilesDown(MapShape shape) {
    return Math.ceilDiv(shape.height(), winograd.side);
  }

  int tiles(MapShape shape) {
    return shape.batch() * tilesDown(shape) * tilesAcross(shape);
  }

  private int groups(MapShape shape) {
    return Math.ceilDiv(tiles(shape), tileRows);
  }

  /** Enough that a block's matrices stay small, and every thread has as much to do. */
  int blocks(MapShape shape, int threads) {
    int groups = groups(shape);
    int blocks = Math.ceilDiv(groups * tileRows, maxRows);
    return Math.min(Math.ceilDiv(blocks, threads) * threads, groups);
  }

  /**
   * Whether there are so few tiles that threads had better share the outputs. Each then fetches
   * only its part of the filters, but transforms all inputs, which are an eighth of them at most.
   */
  boolean hasFewTiles(MapShape shape) {
    int tiles = tiles(shape);
    return !near && tiles <= maxRows && tiles <= outputs / 8;
  }

  /** The first tile of a block; of block {@code blocks}, the end of the last. */
  int firstTile(MapShape shape, int block, int blocks) {
    int group = (int) ((long) groups(shape) * block / blocks);
    return Math.min(group * tileRows, tiles(shape));
  }

  /** Rows that hold so many tiles. */
  int rows(int tiles) {
    return Math.ceilDiv(tiles, tileRows) * tileRows;
  }

  /** Rows of the largest block. */
  int maxRows(MapShape shape) {
    return Math.min(rows(tiles(shape)), rows(maxRows));
  }

  // Where things lie in scratch memory, for blocks of so many rows.

  private long vRow() {
    return thin ? GROUP_BYTES : inputVectors * BYTES + 64;
  }

  private long vGroup(int rows) {
    return rows * vRow();
  }

  long mRow() {
    return thin ? BYTES : PANEL_BYTES;
  }

  /** From the V of one position to the next, and from M to M. */
  long plane(int rows) {
    long v = Math.ceilDiv(inputVectors, groupVectors) * vGroup(rows);
    long m = mOffset(rows, panels);
    return Math.ceilDiv(Math.max(v, m), SETS) * SETS + SKEW;
  }

  /** Where the products with one panel lie. */
  long mOffset(int rows, int panel) {
    return panel * mRow() * rows;
  }

  private long vOffset(int rows, int position) {
    return (position + 1) * plane(rows);
  }

  private long windowOffset(int rows) {
    return vOffset(rows, winograd.positions);
  }

  long scratchBytes(int rows) {
    return windowOffset(rows) + (long) winograd.positions * inputVectors * BYTES;
  }

  /** Fills V from a block's tiles. */
  void transformInput(
      MapShape shape, MemorySegment input, MemorySegment scratch, int first, int count) {
    int rows = rows(count);
    int across = tilesAcross(shape);
    int down = tilesDown(shape);
    int column = first % across;
    int row = first / across % down;
    int image = first / across / down;
    long dColumn = (long) inputs * Float.BYTES;
    long dRow = dColumn * shape.width();
    int span = winograd.window - 1;
    long reach = span * (dRow + dColumn) + inputVectors * BYTES;
    // Windows from the second tile of a row to before this one are inside of the map.
    int endInside = (shape.width() - span) / winograd.side + 1;
    int run;
    for (int tile = 0; tile < count; tile += run) {
      int y = row * winograd.side - 1;
      int x = column * winograd.side - 1;
      long d = (((long) image * shape.height() + y) * shape.width() + x) * dColumn;
      long to = vOffset(rows, 0) + tile * vRow();
      run = 0;
      if (y >= 0 && x >= 0 && y + span < shape.height()) {
        run = Math.min(count - tile, endInside - column);
        run = Lanes.windowsInside(input, d, winograd.side * dColumn, reach, run);
      }
      if (run > 0) {
        transformWindows(input, d, dRow, dColumn, scratch, to, rows, run);
      } else {
        run = 1;
        copyWindow(shape, input, image, y, x, scratch, windowOffset(rows));
        long step = inputVectors * BYTES;
        transformWindows(
            scratch, windowOffset(rows), winograd.window * step, step, scratch, to, rows, 1);
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

  private void transformWindows(
      MemorySegment d,
      long dOffset,
      long dRow,
      long dColumn,
      MemorySegment scratch,
      long vOffset,
      int rows,
      int tiles) {
    long to = vOffset;
    for (int vector = 0; vector < inputVectors; vector += groupVectors) {
      int vectors = Math.min(groupVectors, inputVectors - vector);
      long from = dOffset + vector * BYTES;
      winograd.input(d, from, dRow, dColumn, scratch, to, plane(rows), vRow(), vectors, tiles);
      to += vGroup(rows);
    }
  }

  /** A window at the rim of the map, with zeros outside. */
  private void copyWindow(
      MapShape shape,
      MemorySegment input,
      int image,
      int top,
      int left,
      MemorySegment scratch,
      long window) {
    long pixel = (long) inputs * Float.BYTES;
    long to = window;
    for (int y = top; y < top + winograd.window; y++) {
      for (int x = left; x < left + winograd.window; x++) {
        if (y >= 0 && x >= 0 && y < shape.height() && x < shape.width()) {
          long from = (((long) image * shape.height() + y) * shape.width() + x) * pixel;
          MemorySegment.copy(input, from, scratch, to, pixel);
        } else {
          scratch.asSlice(to, pixel).fill((byte) 0);
        }
        to += inputVectors * BYTES;
      }
    }
  }

  /**
   * Fills M with the products of V and the filters.
   *
   * @param count how many tiles
   * @param firstPanel the first panel of outputs that is asked for
   * @param endPanel the one behind the last
   */
  void multiply(
      MemorySegment packed, MemorySegment scratch, int count, int firstPanel, int endPanel) {
    int rows = rows(count);
    if (thin) {
      multiplyThin(packed, scratch, rows);
    } else if (near || !Species.WIDE_TILE) {
      multiplyGroups(packed, scratch, rows, firstPanel, endPanel);
    } else {
      multiplyChunks(packed, scratch, rows, firstPanel, endPanel);
    }
  }

  /**
   * A few rows of V meet one panel of a group after the other while they are in the first-level
   * cache; the group's filters of a position stay in the second, and so does that position's V
   * while one group follows the other.
   */
  private void multiplyGroups(
      MemorySegment packed, MemorySegment scratch, int rows, int firstPanel, int endPanel) {
    long plane = plane(rows);
    long vRow = vRow();
    int read = 0;
    for (int position = 0; position < winograd.positions; position++) {
      long firstM = position * plane;
      long firstV = firstM + plane;
      for (int group = firstPanel; group < endPanel; group += groupPanels) {
        int end = Math.min(endPanel, group + groupPanels);
        if (!near) {
          long first = filters(group, position);
          read |= Prefetch.run(packed, first, filters(end, position) - first);
        }
        for (int row = 0; row < rows; row += TILE_ROWS) {
          for (int panel = group; panel < end; panel++) {
            long v = firstV + row * vRow;
            long u = filters(panel, position);
            long m = firstM + mOffset(rows, panel) + row * PANEL_BYTES;
            int vectors = Species.panelVectors(outputs, panel);
            ProductKernel.multiply(scratch, v, vRow, packed, u, inputs, vectors, scratch, m);
          }
        }
      }
    }
    keep(read, scratch, rows);
  }

  /**
   * For filters that are far. A panel's filters of a chunk of input channels stay in the
   * first-level cache while all rows of V meet them, and that position's V stays in the second
   * while one panel follows the other.
   */
  private void multiplyChunks(
      MemorySegment packed, MemorySegment scratch, int rows, int firstPanel, int endPanel) {
    long plane = plane(rows);
    long vRow = vRow();
    int read = 0;
    for (int position = 0; position < winograd.positions; position++) {
      for (int panel = firstPanel; panel < endPanel; panel++) {
        long m = position * plane + mOffset(rows, panel);
        long v = (position + 1) * plane;
        long u = filters(panel, position);
        int vectors = Species.panelVectors(outputs, panel);
        if (vectors < TILE_VECTORS) {
          for (int row = 0; row < rows; row += TILE_ROWS) {
            ProductKernel.multiply(scratch, v, vRow, packed, u, inputs, vectors, scratch, m);
            v += TILE_ROWS * vRow;
            m += TILE_ROWS * PANEL_BYTES;
          }
          continue;
        }
        for (int first = 0; first < inputs; first += ProductKernel.CHUNK) {
          int depth = Math.min(ProductKernel.CHUNK, inputs - first);
          long next = u + depth * PANEL_BYTES;
          if (panel + 1 == endPanel && first + depth == inputs) {
            // Behind the last there is none; what is here already stands for nothing to fetch.
            next = position + 1 < winograd.positions ? filters(firstPanel, position + 1) : u;
          }
          read |= multiplyChunk(packed, u, next, scratch, v, m, rows, depth, first > 0);
          v += ProductKernel.CHUNK_BYTES;
          u = next;
        }
      }
    }
    keep(read, scratch, rows);
  }

  /**
   * One chunk of filters with all rows. Meanwhile the products fetch the next, as much as they have
   * the time for: what a few rows leave is better read when it is needed than swept before
   * (docs/adr/0013-no-sweep-and-larger-blocks.md).
   *
   * <p>The second product takes the other pace, and the last none: so every chunk of three or more
   * calls all, and a map of another size is not the first to call one, which would not be compiled
   * yet.
   */
  private int multiplyChunk(
      MemorySegment packed,
      long u,
      long next,
      MemorySegment scratch,
      long vOffset,
      long mOffset,
      int rows,
      int depth,
      boolean more) {
    long v = vOffset;
    long m = mOffset;
    long vRow = vRow();
    // A last chunk of fewer channels has others or slack behind it.
    long bytes = Math.min(ProductKernel.CHUNK, inputs) * PANEL_BYTES;
    long end = next + bytes;
    long ahead = next;
    int read = Prefetch.pages(packed, next, bytes);
    for (int row = 0; row < rows; row += TILE_ROWS) {
      boolean fast = rows <= FAST_ROWS ^ row == TILE_ROWS;
      if (ahead >= end || row + TILE_ROWS == rows) {
        PLAIN.multiply(scratch, v, vRow, packed, u, depth, scratch, m, more, u);
      } else if (fast && end - ahead >= ProductKernel.CHUNK * FAST_AHEAD) {
        read |= FAST.multiply(scratch, v, vRow, packed, u, depth, scratch, m, more, ahead);
        ahead += depth * FAST_AHEAD;
      } else {
        read |= SLOW.multiply(scratch, v, vRow, packed, u, depth, scratch, m, more, ahead);
        ahead += depth * SLOW_AHEAD;
      }
      v += TILE_ROWS * vRow;
      m += TILE_ROWS * PANEL_BYTES;
    }
    return read;
  }

  /** Puts what was read to fetch it where no one looks: all windows have been read. */
  private void keep(int read, MemorySegment scratch, int rows) {
    scratch.set(JAVA_INT, windowOffset(rows), read);
  }

  /** Where the filters of a panel at a position are. */
  private long filters(int panel, int position) {
    return ((long) position * panels + panel) * inputs * PANEL_BYTES;
  }

  private void multiplyThin(MemorySegment packed, MemorySegment scratch, int rows) {
    long plane = plane(rows);
    long vRow = vRow();
    long vGroup = vGroup(rows);
    for (int position = 0; position < winograd.positions; position++) {
      long m = position * plane;
      for (int row = 0; row < rows; row += tileRows) {
        ThinProduct.multiply(
            scratch,
            m + plane + row * vRow,
            vGroup,
            packed,
            filters(0, position),
            inputs,
            scratch,
            m + row * mRow());
      }
    }
  }
}
