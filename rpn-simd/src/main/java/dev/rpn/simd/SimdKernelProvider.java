package dev.rpn.simd;

import dev.rpn.kernel.Fma;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernels;
import java.lang.foreign.MemorySegment;

/** The kernels with {@code jdk.incubator.vector}. */
public final class SimdKernelProvider implements KernelProvider {
  static {
    load(MemorySegment.class);
    load(MemorySegment.Scope.class);
    // Of arrays: the one scope that no sealed class names.
    load(MemorySegment.ofArray(new byte[0]).scope().getClass());
  }

  private final InferenceKernels inference = new SimdInferenceKernels();

  /** Asked here, so that a process without the Vector module has no such provider. */
  private final int vectorBits = Species.LANES * Float.SIZE;

  /**
   * Loads all kinds of memory segments and scopes before a kernel is compiled. C2 assumes that the
   * classes which are loaded are all there are, and throws away every kernel at once when the
   * process first meets another, be it an hour later in an array that somebody wraps: a second of
   * slow calls. The widths of vectors come with {@link jdk.incubator.vector.FloatVector}.
   */
  private static void load(Class<?> type) {
    Class<?>[] kinds = type.getPermittedSubclasses();
    if (kinds != null) {
      for (Class<?> kind : kinds) {
        load(kind);
      }
    }
  }

  @Override
  public String name() {
    return "simd";
  }

  @Override
  public int rank() {
    return 10;
  }

  @Override
  public int vectorBits() {
    return vectorBits;
  }

  @Override
  public boolean fused() {
    return Fma.FUSED;
  }

  @Override
  public InferenceKernels inference() {
    return inference;
  }

  @Override
  public TrainingKernels training() {
    return new SimdTrainingKernels();
  }

  @Override
  public long multiplyAdds(long rounds) {
    return MultiplyAdds.run(rounds);
  }
}
