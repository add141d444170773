package dev.rpn.engine;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * What an engine reads: one level's feature map, or a picture where the network has a backbone.
 *
 * @param shape its sides
 * @param values float32 NHWC, {@code shape.bytes()} bytes
 */
public record FeatureMap(MapShape shape, MemorySegment values) {}
