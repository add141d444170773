package dev.rpn.reference;

import dev.rpn.model.MapShape;

/** Which tiles a block holds, and which positions of the map a tile. */
final class TileBlocks {
  private TileBlocks() {}

  /** Blocks of about {@link WinogradTiles#ROWS} tiles, at least one a thread, none empty. */
  static int count(MapShape shape, int threads) {
    long tiles = WinogradTiles.tiles(shape);
    long wanted = Math.max(threads, (tiles + WinogradTiles.ROWS - 1) / WinogradTiles.ROWS);
    return (int) Math.min(tiles, wanted);
  }

  /** The first tile of a block; the block ends where the next begins. */
  static long first(MapShape shape, int block, int blocks) {
    return WinogradTiles.tiles(shape) * block / blocks;
  }

  /**
   * The position in the whole batch of one of a tile's four outputs.
   *
   * @param corner 0 to 3, row by row
   * @return -1 where it lies outside the map
   */
  static long position(MapShape shape, long tile, int corner) {
    int columns = WinogradTiles.tileColumns(shape);
    long perPicture = (long) WinogradTiles.tileRows(shape) * columns;
    long y = tile % perPicture / columns * 2 + corner / 2;
    long x = tile % columns * 2 + corner % 2;
    if (y >= shape.height() || x >= shape.width()) {
      return -1;
    }
    return (tile / perPicture * shape.height() + y) * shape.width() + x;
  }
}
