package dev.rpn.io.data;

/** How a folder of annotated pictures is laid out. */
public enum DatasetFormat {
  /** PASCAL VOC; see {@link VocDataset}. */
  VOC,
  /** COCO; see {@link CocoDataset}. */
  COCO
}
