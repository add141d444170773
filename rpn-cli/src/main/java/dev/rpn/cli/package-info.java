/** What a person types: one class a command. */
@NullMarked
package dev.rpn.cli;

import org.jspecify.annotations.NullMarked;
