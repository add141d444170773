/** The head in this engine and in the engines that a user would pick instead, in one process. */
@NullMarked
package dev.rpn.bench.peers;

import org.jspecify.annotations.NullMarked;
