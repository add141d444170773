/** What a proposer is: layers, named weights, the table that describes them. Data only. */
@NullMarked
package dev.rpn.model;

import org.jspecify.annotations.NullMarked;
