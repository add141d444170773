/** Annotated pictures: PASCAL VOC and COCO folders. */
@NullMarked
package dev.rpn.io.data;

import org.jspecify.annotations.NullMarked;
