/** What every reader and writer shares: quoting of foreign names, files replaced as a whole. */
@NullMarked
package dev.rpn.io;

import org.jspecify.annotations.NullMarked;
