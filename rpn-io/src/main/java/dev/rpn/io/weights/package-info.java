/**
 * Weight files: safetensors, numpy arrays, Keras's HDF5 and archives, torch's state dicts, ONNX
 * graphs, and the native model file.
 *
 * <p>Every file is hostile until read. What is wrong with one is a {@link
 * dev.rpn.io.weights.WeightFormatException} that says where and what was expected; what does not
 * fit a network is a {@link dev.rpn.model.ModelMismatchException}. Values go into memory of their
 * own, never into a mapping of the file.
 */
@NullMarked
package dev.rpn.io.weights;

import org.jspecify.annotations.NullMarked;
