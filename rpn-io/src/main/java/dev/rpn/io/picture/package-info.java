/** Pictures: reading, resizing, what the network sees of them, and boxes drawn on them. */
@NullMarked
package dev.rpn.io.picture;

import org.jspecify.annotations.NullMarked;
