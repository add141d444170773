package dev.rpn.engine;

import java.lang.foreign.MemorySegment;

/**
 * What the head gave for one level of a batch: float32, native.
 *
 * @param logits {@code (N, H, W, k)}
 * @param deltas {@code (N, H, W, 4k)}, an anchor's dx, dy, dw, dh contiguous
 */
public record HeadOutput(MemorySegment logits, MemorySegment deltas) {}
