package dev.rpn.simd;

import dev.rpn.kernel.Fma;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The width of vectors in this process and what follows from it. The one class that names a
 * species: everything else counts in lanes, vectors and panels.
 *
 * <p>A register tile is what {@link ProductKernel} keeps in registers: {@link #TILE_ROWS} rows of
 * {@link #TILE_VECTORS} vectors of sums. Five rows of four use 25 of 32 registers; six would fit,
 * but C1 gives up on a method of that size. Of 16 registers four rows of two use eight for sums: C2
 * loads all factors of a turn before it multiplies, and every sum that it spills for them waits for
 * memory at each product (docs/adr/0005-tile-for-16-registers.md).
 */
final class Species {
  static final VectorSpecies<Float> FLOAT = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INT = IntVector.SPECIES_PREFERRED;
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Values in a vector. */
  static final int LANES = FLOAT.length();

  /** Bytes in a vector. */
  static final long BYTES = (long) LANES * Float.BYTES;

  /** Whether the register tile is five by four, else four by two. */
  static final boolean WIDE_TILE = Fma.FUSED && hasManyRegisters();

  /** Vectors in a row of the register tile. */
  static final int TILE_VECTORS = WIDE_TILE ? 4 : 2;

  /** Rows of the register tile. */
  static final int TILE_ROWS = WIDE_TILE ? 5 : 4;

  /** Channels in a row of the register tile. */
  static final int PANEL = LANES * TILE_VECTORS;

  /** Bytes in a row of the register tile. */
  static final long PANEL_BYTES = BYTES * TILE_VECTORS;

  /** Channels that lie together in copies of a map, so that several tiles share a cache line. */
  static final int GROUP = Math.max(16, LANES);

  /** Bytes in a group of channels. */
  static final long GROUP_BYTES = (long) GROUP * Float.BYTES;

  private Species() {}

  /** How many vectors hold so many values. */
  static int vectors(int values) {
    return (values + LANES - 1) / LANES;
  }

  /** How many panels hold so many channels. */
  static int panels(int channels) {
    return (channels + PANEL - 1) / PANEL;
  }

  /** How many vectors of one panel hold channels. */
  static int panelVectors(int channels, int panel) {
    return Math.min(TILE_VECTORS, vectors(channels - panel * PANEL));
  }

  /**
   * Where a row of a panel begins. For an address of this form C2 needs two instructions that
   * execute, for the plain product three, and each takes time from a step's multiply-adds.
   */
  static long panelRow(int row) {
    int words = row * (int) (PANEL_BYTES / 8);
    return words * 8L;
  }

  /** {@code a * b + c}, rounded as {@link Fma#of} does. */
  static FloatVector multiplyAdd(FloatVector a, FloatVector b, FloatVector c) {
    return Fma.FUSED ? a.fma(b, c) : a.mul(b).add(c);
  }

  /** AVX-512 and AArch64 have 32 vector registers; everything else has 16. */
  private static boolean hasManyRegisters() {
    return FLOAT.vectorBitSize() >= 512 || System.getProperty("os.arch").equals("aarch64");
  }
}
