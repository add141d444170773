package dev.rpn.engine;

import dev.rpn.kernel.Algorithm;
import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import dev.rpn.kernel.StageKernel;
import dev.rpn.kernel.TrainingKernels;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;

/** The scalar kernels with a head that waits until it is released. */
record SlowKernels(CountDownLatch inside, CountDownLatch release) implements KernelProvider {
  private static KernelProvider scalar() {
    return Kernels.named("scalar");
  }

  @Override
  public String name() {
    return "slow";
  }

  @Override
  public int rank() {
    return -1;
  }

  @Override
  public int vectorBits() {
    return scalar().vectorBits();
  }

  @Override
  public boolean fused() {
    return scalar().fused();
  }

  @Override
  public long multiplyAdds(long rounds) {
    return scalar().multiplyAdds(rounds);
  }

  @Override
  public TrainingKernels training() {
    return scalar().training();
  }

  @Override
  public InferenceKernels inference() {
    InferenceKernels plain = scalar().inference();
    return new InferenceKernels() {
      @Override
      public StageKernel convolution(ConvolutionWeights weights, Algorithm algorithm) {
        return plain.convolution(weights, algorithm);
      }

      @Override
      public StageKernel maxPool(int channels) {
        return plain.maxPool(channels);
      }

      @Override
      public StageKernel head(HeadWeights weights, Algorithm algorithm) {
        return waiting(plain.head(weights, algorithm));
      }

      @Override
      public void sigmoid(MemorySegment in, MemorySegment out, long first, long count) {
        plain.sigmoid(in, out, first, count);
      }
    };
  }

  private StageKernel waiting(StageKernel plain) {
    return new StageKernel() {
      @Override
      public MapShape output(MapShape input) {
        return plain.output(input);
      }

      @Override
      public long packedBytes() {
        return plain.packedBytes();
      }

      @Override
      public void pack(MemorySegment packed, int part, int parts) {
        plain.pack(packed, part, parts);
      }

      @Override
      public long scratchBytes(MapShape input) {
        return plain.scratchBytes(input);
      }

      @Override
      public int blocks(MapShape input, int threads) {
        return plain.blocks(input, threads);
      }

      @Override
      public void run(
          MapShape shape,
          MemorySegment input,
          MemorySegment output,
          MemorySegment packed,
          MemorySegment scratch,
          int block,
          int blocks) {
        inside.countDown();
        try {
          release.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        plain.run(shape, input, output, packed, scratch, block, blocks);
      }
    };
  }
}
