package dev.rpn.kernel;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of one stage of the network: reads one map, writes the next.
 *
 * <p>A stage is immutable and knows its weights only by reference. Its caller, the engine, asks how
 * much memory it wants, allocates it once, has the weights packed, and then runs the stage's blocks
 * in any order and on any threads. Every output value is computed in one fixed order of operations,
 * so that the result has the same bits however the blocks are spread.
 *
 * <p>All segments are native, float32, aligned to {@link Segments#ALIGNMENT}; maps are NHWC. Sizes
 * are checked where maps enter the engine; a kernel only asserts them. A kernel allocates nothing
 * in {@link #run}.
 */
public interface StageKernel {
  /**
   * The shape of the result; for the head {@code 5k} channels, see {@link InferenceKernels#head}.
   */
  MapShape output(MapShape input);

  /** Bytes of the packed weights; 0 where the stage has none. */
  long packedBytes();

  /**
   * Packs one of {@code parts} equal shares of the weights; the shares together are the whole, in
   * any order.
   *
   * @param packed {@link #packedBytes()} bytes, shared by all parts
   * @param part which share, from 0
   * @param parts how many shares
   */
  void pack(MemorySegment packed, int part, int parts);

  /** Bytes of scratch that one thread needs to run blocks of this input. */
  long scratchBytes(MapShape input);

  /** How many blocks the work is best split into for so many threads; at least 1. */
  int blocks(MapShape input, int threads);

  /**
   * Computes one block of the result.
   *
   * @param shape the input's shape
   * @param input {@code shape.bytes()} bytes, only read
   * @param output the result's bytes; only this block's values are written, each once
   * @param packed what {@link #pack} filled, only read
   * @param scratch at least {@link #scratchBytes} bytes, this thread's own, of any content
   * @param block which block, from 0
   * @param blocks as {@link #blocks} said
   */
  void run(
      MapShape shape,
      MemorySegment input,
      MemorySegment output,
      MemorySegment packed,
      MemorySegment scratch,
      int block,
      int blocks);
}
