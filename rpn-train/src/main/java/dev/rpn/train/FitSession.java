package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.loss.Loss;
import dev.rpn.model.CompiledNetwork;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer;
import dev.rpn.model.RpnHead;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The seed's {@code model.fit} on stored feature maps: every step is one update on the whole batch.
 * The losses are means over all N*H*W*k logits and all N*H*W*4k deltas; their total is the plain
 * sum. Not for several threads at a time.
 */
public final class FitSession implements AutoCloseable {
  private final Optimizer optimizer;
  private final TrainingNetwork network;
  private final Pass pass;
  private final OutputLoss classification;
  private final OutputLoss location;
  private final Step losses;
  private final Workers workers;
  private long steps;

  /**
   * Allocates everything that the steps need.
   *
   * @param compiled starting weights, optimiser and losses; not changed
   * @param data the batch; read at every step
   * @param workers who share the work; not closed
   * @throws IllegalArgumentException if the data does not fit the network, the network has a
   *     backbone, or there is not enough native memory
   */
  public FitSession(
      CompiledNetwork compiled, FitData data, KernelProvider kernels, Workers workers) {
    Network start = compiled.network();
    if (start.architecture().backbone().isPresent()) {
      throw new IllegalArgumentException(
          "fit: expected a head alone, which reads feature maps, got a network with a backbone");
    }
    data.checkFits(start.architecture().head());
    this.workers = workers;
    optimizer = compiled.optimizer();
    int batch = data.shape().batch();
    network =
        new TrainingNetwork(
            start,
            TrainingOptions.plain(),
            data.shape(),
            data.x().data(),
            Set.of(batch),
            kernels.training(),
            workers);
    pass = network.pass(batch);
    classification =
        new OutputLoss(
            compiled.losses().get(RpnHead.CLASSIFICATION),
            pass.logits(),
            data.classificationTarget().data(),
            pass.logitGradients());
    location =
        new OutputLoss(
            compiled.losses().get(RpnHead.LOCATION),
            pass.deltas(),
            data.locationTarget().data(),
            pass.deltaGradients());
    // One task for both: the few shares of the classification alone leave threads idle.
    int shares = classification.shares();
    losses =
        new Step(
            (share, worker) -> {
              if (share < shares) {
                classification.compute(share);
              } else {
                location.compute(share - shares);
              }
            },
            shares + location.shares());
  }

  /**
   * One update.
   *
   * @throws TrainingDivergedException if a loss, gradient or weight is not finite; the weights stay
   */
  public void step() {
    long step = steps + 1;
    network.forward(pass);
    losses.run(workers);
    network.backward(pass, loss(), step, null);
    network.update(optimizer, step, null);
    steps = step;
  }

  /** Steps done. */
  public long steps() {
    return steps;
  }

  /** The total loss before the last step's update. */
  public double loss() {
    return classification.value() + location.value();
  }

  /** The classification's part of it; 0 where it has no loss. */
  public double classificationLoss() {
    return classification.value();
  }

  /** The location's part of it; 0 where it has no loss. */
  public double locationLoss() {
    return location.value();
  }

  /** A network with a copy of the present weights. */
  public Network network() {
    return network.parameters().network();
  }

  /** Bytes of native memory that the session holds, beside the data. */
  public long nativeBytes() {
    return network.footprint().total();
  }

  /** Frees the memory; a second call does nothing. */
  @Override
  public void close() {
    network.close();
  }

  /** The mean loss of one output, in shares of a fixed size so that threads don't change bits. */
  private static final class OutputLoss {
    private static final int SHARE = 4096;

    private final @Nullable Loss loss;
    private final MemorySegment predictions;
    private final MemorySegment targets;
    private final MemorySegment gradients;
    private final long count;
    private final double[] sums;

    OutputLoss(
        @Nullable Loss loss,
        MemorySegment predictions,
        MemorySegment targets,
        MemorySegment gradients) {
      this.loss = loss;
      this.predictions = predictions;
      this.targets = targets;
      this.gradients = gradients;
      count = predictions.byteSize() / Float.BYTES;
      sums = new double[loss == null ? 0 : Math.toIntExact((count + SHARE - 1) / SHARE)];
      gradients.fill((byte) 0);
    }

    int shares() {
      return sums.length;
    }

    void compute(int share) {
      long first = (long) share * SHARE;
      sums[share] =
          Objects.requireNonNull(loss)
              .accumulate(
                  predictions,
                  targets,
                  gradients,
                  first,
                  Math.min(SHARE, count - first),
                  1.0 / count);
    }

    double value() {
      double sum = 0;
      for (double share : sums) {
        sum += share;
      }
      return sum;
    }
  }
}
