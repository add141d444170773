package dev.rpn.bench.peers;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.NetworkEngine;
import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.Segments;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** This engine. */
final class OwnEngine implements Contender {
  private final HeadCase head;
  private final NetworkEngine engine;
  private final MemorySegment input;
  private final MemorySegment probabilities;

  OwnEngine(HeadCase head, Algorithm algorithm, int threads) {
    this.head = head;
    Arena arena = Arena.ofAuto();
    input = Segments.allocate(arena, head.map().elements());
    MemorySegment.copy(head.input(), 0, input, JAVA_FLOAT, 0, head.map().elements());
    probabilities = Segments.allocate(arena, (long) head.map().positions() * head.head().anchors());
    engine =
        new NetworkEngine(
            head.network(),
            EngineOptions.standard().withAlgorithm(algorithm).withThreads(threads),
            head.map());
  }

  @Override
  public String name() {
    return "rpn " + engine.options().algorithm();
  }

  @Override
  public void run() {
    engine.forward(0, head.map(), input);
    engine
        .options()
        .kernels()
        .inference()
        .sigmoid(engine.logits(0), probabilities, 0, probabilities.byteSize() / Float.BYTES);
  }

  @Override
  public float[][] outputs() {
    return new float[][] {probabilities.toArray(JAVA_FLOAT), engine.deltas(0).toArray(JAVA_FLOAT)};
  }

  @Override
  public void close() {
    engine.close();
  }
}
