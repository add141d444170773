package dev.rpn.train;

/**
 * How well proposals find the truths of a set of pictures, as COCO's evaluator counts without
 * classes. Each recall is a share from 0 to 1, or -1 where there is no truth to find.
 *
 * @param images pictures seen
 * @param truths boxes to be found
 * @param ar10 average recall over IoU 0.5, 0.55, ... 0.95 of the ten best proposals a picture
 * @param ar100 of the hundred best
 * @param ar300 of the three hundred best
 * @param ar1000 of the thousand best
 * @param recall50 recall at IoU 0.5 of the hundred best
 */
public record Evaluation(
    int images,
    long truths,
    double ar10,
    double ar100,
    double ar300,
    double ar1000,
    double recall50) {}
