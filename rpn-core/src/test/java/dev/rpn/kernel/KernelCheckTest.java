package dev.rpn.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class KernelCheckTest {
  private static final KernelProvider SCALAR = Kernels.named("scalar");

  @Test
  void acceptsKernelsThatAgreeToTheLastBit() {
    assertThat(KernelCheck.objection(new Altered(Fault.NONE), SCALAR)).isEmpty();
  }

  @Test
  void refusesKernelsThatDifferInOneBit() {
    assertThat(KernelCheck.objection(new Altered(Fault.ONE_BIT), SCALAR))
        .hasValueSatisfying(reason ->
            assertThat(reason)
                .startsWith("value 4 of a small head is ")
                .contains("the plain kernels compute"));
  }

  @Test
  void refusesKernelsThatThrow() {
    assertThat(KernelCheck.objection(new Altered(Fault.THROWS), SCALAR))
        .hasValue("a small head ends in java.lang.NoClassDefFoundError: intrinsic");
  }

  @Test
  void namesWhatIsAvailableWhereAnUnknownNameIsAsked() {
    assertThat(Kernels.available()).contains(Kernels.chosen());
    assertThatThrownBy(() -> Kernels.named("cuda"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("kernels: no 'cuda': available are ")
        .hasMessageContaining("scalar");
  }

  private enum Fault {
    NONE,
    ONE_BIT,
    THROWS
  }

  /** The scalar kernels with a fault in the head. */
  private record Altered(Fault fault) implements KernelProvider {
    @Override
    public String name() {
      return "altered";
    }

    @Override
    public int rank() {
      return 1;
    }

    @Override
    public int vectorBits() {
      return Float.SIZE;
    }

    @Override
    public boolean fused() {
      return SCALAR.fused();
    }

    @Override
    public TrainingKernels training() {
      return SCALAR.training();
    }

    @Override
    public long multiplyAdds(long rounds) {
      return SCALAR.multiplyAdds(rounds);
    }

    @Override
    public InferenceKernels inference() {
      InferenceKernels plain = SCALAR.inference();
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
          return new AlteredHead(plain.head(weights, algorithm), fault);
        }

        @Override
        public void sigmoid(MemorySegment in, MemorySegment out, long first, long count) {
          plain.sigmoid(in, out, first, count);
        }
      };
    }
  }

  private record AlteredHead(StageKernel plain, Fault fault) implements StageKernel {
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
      plain.run(shape, input, output, packed, scratch, block, blocks);
      if (fault == Fault.THROWS) {
        throw new NoClassDefFoundError("intrinsic");
      }
      if (fault == Fault.ONE_BIT) {
        int bits = output.getAtIndex(ValueLayout.JAVA_INT, 4);
        output.setAtIndex(ValueLayout.JAVA_INT, 4, bits ^ 1);
      }
    }
  }
}
