package dev.rpn.io.picture;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;

/** Pictures as AWT images and back. */
final class Images {
  private Images() {}

  static BufferedImage toBuffered(Picture picture) {
    var image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_3BYTE_BGR);
    swapEnds(picture.data(), data(image));
    return image;
  }

  /**
   * @param image of type {@link BufferedImage#TYPE_3BYTE_BGR}
   */
  static Picture toPicture(BufferedImage image) {
    byte[] rgb = new byte[image.getWidth() * image.getHeight() * 3];
    swapEnds(data(image), rgb);
    return Picture.owning(image.getWidth(), image.getHeight(), rgb);
  }

  private static byte[] data(BufferedImage image) {
    return ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
  }

  /** RGB to BGR or back. */
  private static void swapEnds(byte[] in, byte[] out) {
    for (int i = 0; i < in.length; i += 3) {
      out[i] = in[i + 2];
      out[i + 1] = in[i + 1];
      out[i + 2] = in[i];
    }
  }
}
