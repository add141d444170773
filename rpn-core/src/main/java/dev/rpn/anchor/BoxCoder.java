package dev.rpn.anchor;

/**
 * Between boxes and the deltas that the network predicts (Ren et al., 'Faster R-CNN', 2015): dx and
 * dy move the anchor's centre by parts of its sides, dw and dh are the logarithms of the factors on
 * its sides. All in float32, in torchvision's order of operations.
 */
public final class BoxCoder {
  private final float pixelOffset;
  private final float maxLogScale;
  private final float minSize;
  private final boolean minSizeKept;

  /** The coder of a system. */
  public BoxCoder(Profile profile) {
    pixelOffset = profile.boxes().pixelOffset();
    maxLogScale = profile.boxes().maxLogScale();
    minSize = profile.selection().minSize();
    minSizeKept = profile.selection().minSizeKept();
  }

  /**
   * Replaces an anchor's corners by those of the box that the deltas make of it. NaN gives NaN.
   *
   * @param box x1, y1, x2, y2 of the anchor, then of the box
   * @param offset where in {@code box}
   */
  public void decode(float[] box, int offset, float dx, float dy, float dw, float dh) {
    float width = box[offset + 2] - box[offset] + pixelOffset;
    float height = box[offset + 3] - box[offset + 1] + pixelOffset;
    float centreX = box[offset] + 0.5f * width;
    float centreY = box[offset + 1] + 0.5f * height;
    float newX = dx * width + centreX;
    float newY = dy * height + centreY;
    float halfWidth = 0.5f * (exp(Math.min(dw, maxLogScale)) * width);
    float halfHeight = 0.5f * (exp(Math.min(dh, maxLogScale)) * height);
    box[offset] = newX - halfWidth;
    box[offset + 1] = newY - halfHeight;
    box[offset + 2] = newX + halfWidth;
    box[offset + 3] = newY + halfHeight;
  }

  /** The box that deltas make of an anchor. */
  public Box decode(Box anchor, float dx, float dy, float dw, float dh) {
    float[] box = {anchor.x1(), anchor.y1(), anchor.x2(), anchor.y2()};
    decode(box, 0, dx, dy, dw, dh);
    return new Box(box[0], box[1], box[2], box[3]);
  }

  /**
   * Writes the deltas that make a box of an anchor: dx, dy, dw, dh. An empty box gives infinite dw
   * or dh, an inverted one NaN.
   *
   * @param anchors rows of x1, y1, x2, y2; the anchor's sides are above 0
   * @param anchor index of its first value
   * @param boxes rows of x1, y1, x2, y2
   * @param box index of its first value
   * @param deltas receives four values
   * @param offset where in {@code deltas}
   */
  public void encode(
      float[] anchors, int anchor, float[] boxes, int box, float[] deltas, int offset) {
    float width = anchors[anchor + 2] - anchors[anchor] + pixelOffset;
    float height = anchors[anchor + 3] - anchors[anchor + 1] + pixelOffset;
    float centreX = anchors[anchor] + 0.5f * width;
    float centreY = anchors[anchor + 1] + 0.5f * height;
    float newWidth = boxes[box + 2] - boxes[box] + pixelOffset;
    float newHeight = boxes[box + 3] - boxes[box + 1] + pixelOffset;
    float newX = boxes[box] + 0.5f * newWidth;
    float newY = boxes[box + 1] + 0.5f * newHeight;
    deltas[offset] = (newX - centreX) / width;
    deltas[offset + 1] = (newY - centreY) / height;
    deltas[offset + 2] = (float) StrictMath.log(newWidth / width);
    deltas[offset + 3] = (float) StrictMath.log(newHeight / height);
  }

  /** Moves corners that are outside of the picture onto its border. NaN stays. */
  public void clip(float[] box, int offset, Size picture) {
    float right = picture.width() - pixelOffset;
    float bottom = picture.height() - pixelOffset;
    box[offset] = Math.min(Math.max(box[offset], 0), right);
    box[offset + 1] = Math.min(Math.max(box[offset + 1], 0), bottom);
    box[offset + 2] = Math.min(Math.max(box[offset + 2], 0), right);
    box[offset + 3] = Math.min(Math.max(box[offset + 3], 0), bottom);
  }

  /** Whether both sides are as long as the profile asks; false for NaN. */
  public boolean largeEnough(float[] box, int offset) {
    float width = box[offset + 2] - box[offset] + pixelOffset;
    float height = box[offset + 3] - box[offset + 1] + pixelOffset;
    return minSizeKept
        ? width >= minSize && height >= minSize
        : width > minSize && height > minSize;
  }

  /** Not Math.exp, whose last bit may differ between machines. */
  private static float exp(float x) {
    return (float) StrictMath.exp(x);
  }
}
