package dev.rpn.simd;

import dev.rpn.kernel.Fma;
import dev.rpn.kernel.InferenceKernels;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.TrainingKernels;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;

/** The kernels with {@code jdk.incubator.vector}. */
public final class SimdKernelProvider implements KernelProvider {
  /** Enough calls to be compiled for counting; all rounds together too few for C2. */
  private static final int SLICES = 600;

  private static final int SLICE_PAUSES = 5;
  private static final long SLICE_PAUSE_NANOS = 2_000_000;

  static {
    load(MemorySegment.class);
    load(MemorySegment.Scope.class);
    // Of arrays: the one scope that no sealed class names.
    load(MemorySegment.ofArray(new byte[0]).scope().getClass());
    countSlices();
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

  /**
   * Lets the JDK count calls of {@code asSlice} before a kernel is compiled. It is two methods, of
   * which C2 compiles the outer one, with the inner one inside, after 5,000 counted calls; the
   * inner one is then counted no more. If that was below 1,000, because the compiler was late with
   * the version of it that counts, C2 inlines it nowhere: every slice is an object, and kernels are
   * slower by a sixth and more for the life of the process. So calls come in rounds, with pauses
   * for the compiler: 10 ms, once a process.
   */
  private static void countSlices() {
    for (int pause = 0; pause < SLICE_PAUSES; pause++) {
      for (int i = 0; i < SLICES; i++) {
        MemorySegment.NULL.asSlice(0, 0);
      }
      LockSupport.parkNanos(SLICE_PAUSE_NANOS);
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
