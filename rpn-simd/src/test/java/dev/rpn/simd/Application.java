package dev.rpn.simd;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import jdk.incubator.vector.FloatVector;

/**
 * What a program around the kernels may have done before: read and written memory of several kinds
 * in several layouts, and vectors of another width. The JDK's methods for that are those that the
 * kernels are made of, and the compiler judges them by all that they were used for.
 */
final class Application {
  private static final int CALLS = 30_000;
  private static final int ROUNDS = 6;
  private static final long CALM_NANOS = 200_000_000;
  private static final String FIRST = "float";
  private static final String SECOND = "int";
  private static final String THIRD = "long";
  private static final String FOURTH = "double";
  private static final MemoryLayout[] FIELDS = {
    JAVA_FLOAT.withName(FIRST),
    JAVA_INT.withName(SECOND),
    JAVA_LONG.withName(THIRD),
    JAVA_DOUBLE.withName(FOURTH)
  };

  /** Kept so that no read is without use. */
  private static double sum;

  private Application() {}

  /** Runs until the methods are compiled, thrown away and compiled again. */
  static void run() {
    sum += FloatVector.zero(FloatVector.SPECIES_64).lane(0);
    sum += FloatVector.zero(FloatVector.SPECIES_128).lane(0);
    MemorySegment longs = MemorySegment.ofArray(new long[8]);
    MemorySegment doubles = MemorySegment.ofArray(new double[8]);
    MemorySegment nowhere = Arena.ofAuto().allocate(64, 64);
    MemoryLayout struct = MemoryLayout.structLayout(FIELDS);
    MemoryLayout union = MemoryLayout.unionLayout(FIELDS);
    for (int round = 0; round < ROUNDS; round++) {
      fields(struct, nowhere);
      fields(struct, longs);
      fields(union, longs);
      fields(union, doubles);
      for (MemorySegment memory : List.of(nowhere, doubles)) {
        use(
            JAVA_FLOAT.varHandle(),
            JAVA_INT.varHandle(),
            JAVA_LONG.varHandle(),
            JAVA_DOUBLE.varHandle(),
            memory);
      }
    }
    awaitCompilers();
  }

  /**
   * Until nothing was compiled for a while. What compilers that are far behind do to slices is
   * another matter, see {@link SimdKernelProvider}.
   */
  private static void awaitCompilers() {
    CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
    long before;
    long after = compilers.getTotalCompilationTime();
    do {
      before = after;
      LockSupport.parkNanos(CALM_NANOS);
      after = compilers.getTotalCompilationTime();
    } while (after != before);
  }

  private static void fields(MemoryLayout layout, MemorySegment memory) {
    use(
        layout.varHandle(groupElement(FIRST)),
        layout.varHandle(groupElement(SECOND)),
        layout.varHandle(groupElement(THIRD)),
        layout.varHandle(groupElement(FOURTH)),
        memory);
  }

  /** Each kind of access is a method of its own in the JDK, with a compilation to throw away. */
  private static void use(
      VarHandle floats, VarHandle ints, VarHandle longs, VarHandle doubles, MemorySegment memory) {
    for (int i = 0; i < CALLS; i++) {
      floats.set(memory, 0L, 1f);
      floats.setVolatile(memory, 0L, 1f);
      floats.setOpaque(memory, 0L, 1f);
      floats.setRelease(memory, 0L, 1f);
      sum += (float) floats.get(memory, 0L) + (float) floats.getVolatile(memory, 0L);
      sum += (float) floats.getOpaque(memory, 0L) + (float) floats.getAcquire(memory, 0L);
      ints.set(memory, 0L, 1);
      ints.setVolatile(memory, 0L, 1);
      ints.setOpaque(memory, 0L, 1);
      sum += (int) ints.get(memory, 0L) + (int) ints.getVolatile(memory, 0L);
      sum += (int) ints.getOpaque(memory, 0L);
      longs.set(memory, 0L, 1L);
      longs.setVolatile(memory, 0L, 1L);
      sum += (long) longs.get(memory, 0L) + (long) longs.getVolatile(memory, 0L);
      doubles.set(memory, 0L, 1.0);
      doubles.setVolatile(memory, 0L, 1.0);
      sum += (double) doubles.get(memory, 0L);
    }
  }
}
