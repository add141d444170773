package dev.rpn.kernel;

import dev.rpn.model.RpnHead;
import dev.rpn.model.Weights;
import java.lang.foreign.MemorySegment;

/**
 * The weights of the proposal head as a kernel reads them.
 *
 * @param convolution the 3x3 layer, as many channels out as in
 * @param anchors k
 * @param classificationKernel float32, {@code (channels, k)}, native
 * @param classificationBias float32, {@code k}
 * @param locationKernel float32, {@code (channels, 4k)}
 * @param locationBias float32, {@code 4k}
 */
public record HeadWeights(
    ConvolutionWeights convolution,
    int anchors,
    MemorySegment classificationKernel,
    MemorySegment classificationBias,
    MemorySegment locationKernel,
    MemorySegment locationBias) {
  /**
   * @throws IllegalArgumentException if a segment has another size than channels and anchors ask
   *     for
   */
  public HeadWeights {
    long channels = convolution.outputs();
    Segments.check("classification kernel", classificationKernel, channels * anchors);
    Segments.check("classification bias", classificationBias, anchors);
    Segments.check("location kernel", locationKernel, channels * 4 * anchors);
    Segments.check("location bias", locationBias, 4L * anchors);
  }

  /** The weights of a network's head. */
  public static HeadWeights of(RpnHead head, Weights weights) {
    return new HeadWeights(
        ConvolutionWeights.of(head.convolution(), weights),
        head.anchors(),
        weights.kernel(RpnHead.CLASSIFICATION).data(),
        weights.bias(RpnHead.CLASSIFICATION).data(),
        weights.kernel(RpnHead.LOCATION).data(),
        weights.bias(RpnHead.LOCATION).data());
  }

  /** Channels of the feature map and of the hidden map. */
  public int channels() {
    return convolution.outputs();
  }
}
