import dev.rpn.kernel.KernelProvider;
import dev.rpn.reference.ScalarKernelProvider;

/** The region proposal network: model, losses, anchors, kernel contract, engine. */
module dev.rpn.core {
  requires static org.jspecify;
  requires jdk.management;

  exports dev.rpn.anchor;
  exports dev.rpn.engine;
  exports dev.rpn.kernel;
  exports dev.rpn.loss;
  exports dev.rpn.model;

  uses KernelProvider;

  provides KernelProvider with
      ScalarKernelProvider;
}
