/** Runs the stages in order for one caller: workspace, threads, proposals. */
@NullMarked
package dev.rpn.engine;

import org.jspecify.annotations.NullMarked;
