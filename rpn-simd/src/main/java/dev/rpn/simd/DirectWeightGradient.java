package dev.rpn.simd;

import static dev.rpn.simd.GradientProduct.ROWS;
import static dev.rpn.simd.GradientProduct.SUM_BYTES;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.GROUP;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The gradient of a 3x3 convolution with respect to its weights: {@code dw[tap][i][o] = sum over s
 * of x[s][i] * dy[s - tap][o]}.
 *
 * <p>Some rows of the map at a time, a <em>band</em>, are copied to scratch memory: the input as
 * {@code [i / GROUP][position][GROUP]}, the output gradient as {@code [o / LANES][position][LANES]}
 * with one row more on either side. One position of zeros stands between rows, so that a tap is a
 * constant distance and a band is one long sum. The sums of a band, each from 0, are added up in
 * the order of the bands; bands depend on the shape alone, so that a weight has the same bits
 * whatever the split.
 *
 * <p>A tile is {@link GradientProduct#ROWS} inputs, one vector of outputs and one row of taps.
 * Parts share out the tiles.
 */
final class DirectWeightGradient implements WeightGradient {
  /** Rows of tiles in a group. */
  private static final int GROUP_TILES = GROUP / ROWS;

  /** Inputs, and outputs, of one copy. */
  private static final int CHUNK = Math.max(128, LANES);

  private static final int CHUNK_GROUPS = CHUNK / GROUP;
  private static final int CHUNK_VECTORS = CHUNK / LANES;

  /** What the copies of a band may take of the second-level cache. */
  private static final int BAND_BYTES = 512 * 1024;

  /** The longer a sum, the less accurate. */
  private static final int MAX_POSITIONS = 1024;

  private final MapShape shape;
  private final int inputs;
  private final int outputs;

  /** Vectors of outputs. */
  private final int vectors;

  private final int groups;

  /** Rows of tiles. */
  private final int tileRows;

  private final int bandsOfImage;

  /** Positions from one row to the next. */
  private final int pitch;

  // Scratch: a tile of sums, then the copies of groups of inputs and of vectors of outputs.
  private final long groupBytes;
  private final long vectorBytes;
  private final long gradientOffset;

  DirectWeightGradient(MapShape shape, int outputs) {
    this.shape = shape;
    this.outputs = outputs;
    inputs = shape.channels();
    vectors = Species.vectors(outputs);
    groups = Math.ceilDiv(inputs, GROUP);
    tileRows = Math.ceilDiv(inputs, ROWS);
    pitch = shape.width() + 1;
    int chunkGroups = Math.min(groups, CHUNK_GROUPS);
    // Outputs counted in groups as well, so that bands are the same at any width.
    long positionBytes =
        (chunkGroups + Math.min(Math.ceilDiv(outputs, GROUP), CHUNK_GROUPS)) * GROUP_BYTES;
    int rows = Math.clamp(BAND_BYTES / positionBytes / pitch, 1, shape.height());
    rows = Math.clamp(MAX_POSITIONS / pitch, 1, rows);
    bandsOfImage = Math.ceilDiv(shape.height(), rows);
    // The odd cache line keeps groups off each other's sets.
    groupBytes = (long) rows * pitch * GROUP_BYTES + 64;
    vectorBytes = ((rows + 2L) * pitch + 2) * BYTES;
    gradientOffset = SUM_BYTES + chunkGroups * groupBytes;
  }

  @Override
  public boolean fits(MapShape otherShape, int otherOutputs) {
    return outputs == otherOutputs && shape.equals(otherShape);
  }

  @Override
  public long scratchBytes() {
    return gradientOffset + Math.min(vectors, CHUNK_VECTORS) * vectorBytes + GradientProduct.SLACK;
  }

  @Override
  public void run(
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment kernel,
      MemorySegment bias,
      MemorySegment scratch,
      int part,
      int parts) {
    long tiles = (long) tileRows * vectors * 3;
    long first = tiles * part / parts;
    long end = tiles * (part + 1) / parts;
    if (first == end) {
      return;
    }
    int firstGroup = (int) (first / 3 / vectors / GROUP_TILES);
    int endGroup = (int) ((end - 1) / 3 / vectors / GROUP_TILES) + 1;
    for (int group = firstGroup; group < endGroup; group += CHUNK_GROUPS) {
      int chunkEnd = Math.min(group + CHUNK_GROUPS, endGroup);
      for (int vector = 0; vector < vectors; vector += CHUNK_VECTORS) {
        int endVector = Math.min(vector + CHUNK_VECTORS, vectors);
        for (int band = 0; band < shape.batch() * bandsOfImage; band++) {
          copyInput(in, scratch, band, group, chunkEnd);
          copyGradient(outGradient, scratch, band, vector, endVector);
          sum(kernel, scratch, band, group, chunkEnd, vector, endVector, first, end);
        }
      }
    }
    // The bias of a vector belongs to the part that has its first tile.
    for (long tile = Math.ceilDiv(first, 3); tile < vectors && 3 * tile < end; tile++) {
      WeightGradient.sumBias(outGradient, outputs, shape.positions(), bias, (int) tile);
    }
  }

  private int firstRow(int band) {
    return shape.height() * (band % bandsOfImage) / bandsOfImage;
  }

  private int rows(int band) {
    return shape.height() * (band % bandsOfImage + 1) / bandsOfImage - firstRow(band);
  }

  /** The map's position where a row of a band begins. */
  private long position(int band, int row) {
    return ((long) (band / bandsOfImage) * shape.height() + firstRow(band) + row) * shape.width();
  }

  private void copyInput(
      MemorySegment in, MemorySegment scratch, int band, int firstGroup, int endGroup) {
    for (int group = firstGroup; group < endGroup; group++) {
      for (int lane = 0; lane < GROUP; lane += LANES) {
        int channel = group * GROUP + lane;
        long to = SUM_BYTES + (group - firstGroup) * groupBytes + (long) lane * Float.BYTES;
        for (int row = 0; row < rows(band); row++) {
          long at = to + (long) row * pitch * GROUP_BYTES;
          copyRow(in, inputs, channel, position(band, row), scratch, at, GROUP_BYTES);
        }
      }
    }
  }

  private void copyGradient(
      MemorySegment gradient, MemorySegment scratch, int band, int firstVector, int endVector) {
    FloatVector zero = FloatVector.zero(FLOAT);
    for (int vector = firstVector; vector < endVector; vector++) {
      long to = gradientOffset + (vector - firstVector) * vectorBytes;
      zero.intoMemorySegment(scratch, to, ORDER);
      for (int row = -1; row <= rows(band); row++) {
        long at = to + (1 + (row + 1L) * pitch) * BYTES;
        int y = firstRow(band) + row;
        if (y >= 0 && y < shape.height()) {
          copyRow(gradient, outputs, vector * LANES, position(band, row), scratch, at, BYTES);
        } else {
          scratch.asSlice(at, pitch * BYTES).fill((byte) 0);
        }
      }
      zero.intoMemorySegment(scratch, to + (1 + (rows(band) + 2L) * pitch) * BYTES, ORDER);
    }
  }

  /** One vector of channels of one row of a map, then zeros. */
  private void copyRow(
      MemorySegment map,
      int channels,
      int channel,
      long position,
      MemorySegment scratch,
      long to,
      long step) {
    long stride = (long) channels * Float.BYTES;
    long from = position * stride + (long) channel * Float.BYTES;
    Lanes.copy(map, from, stride, channels - channel, scratch, to, step, shape.width());
    FloatVector.zero(FLOAT).intoMemorySegment(scratch, to + shape.width() * step, ORDER);
  }

  /** Adds what a band brings to those of the tiles that lie in a chunk. */
  private void sum(
      MemorySegment kernel,
      MemorySegment scratch,
      int band,
      int firstGroup,
      int endGroup,
      int firstVector,
      int endVector,
      long first,
      long end) {
    // The last position is one of the zeros between rows.
    int depth = rows(band) * pitch - 1;
    int endRow = Math.min(endGroup * GROUP_TILES, tileRows);
    for (int row = firstGroup * GROUP_TILES; row < endRow; row++) {
      long x =
          SUM_BYTES
              + (row / GROUP_TILES - firstGroup) * groupBytes
              + (long) (row % GROUP_TILES) * ROWS * Float.BYTES;
      for (int vector = firstVector; vector < endVector; vector++) {
        long gradient = gradientOffset + (vector - firstVector) * vectorBytes;
        for (int tap = 0; tap < 3; tap++) {
          long tile = ((long) row * vectors + vector) * 3 + tap;
          if (tile >= first && tile < end) {
            long u = gradient + ((2L - tap) * pitch + 2) * BYTES;
            GradientProduct.multiply(scratch, x, u, depth, 0);
            add(scratch, kernel, row, vector, tap, band == 0);
          }
        }
      }
    }
  }

  /** Adds a tile of sums to the weights' gradient, or begins with it. */
  private void add(
      MemorySegment scratch, MemorySegment kernel, int row, int vector, int tap, boolean begin) {
    int rows = Math.min(ROWS, inputs - row * ROWS);
    int lanes = Math.min(LANES, outputs - vector * LANES);
    for (int column = 0; column < 3; column++) {
      long filter = (3L * tap + column) * inputs + (long) row * ROWS;
      for (int i = 0; i < rows; i++) {
        long to = ((filter + i) * outputs + (long) vector * LANES) * Float.BYTES;
        Lanes.add(scratch, (3L * i + column) * BYTES, kernel, to, lanes, begin);
      }
    }
  }
}
