package dev.rpn.anchor;

/**
 * The numeric conventions of one system.
 *
 * @param name under which users pick it
 */
public record Profile(String name) {
  /** torchvision 0.29. */
  public static final Profile TORCHVISION = new Profile("torchvision");
}
