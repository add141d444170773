package dev.rpn.bench.peers;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;

/** The OpenMP runtime that oneDNN came with; its Java binding lacks the number of threads. */
final class OpenMp {
  private static final MethodHandle SET_NUM_THREADS = find();

  private OpenMp() {}

  private static MethodHandle find() {
    Loader.load(dnnl.class);
    var address = Loader.addressof("omp_set_num_threads");
    if (address == null) {
      throw new IllegalStateException("oneDNN: its OpenMP runtime is not loaded");
    }
    return Linker.nativeLinker()
        .downcallHandle(
            MemorySegment.ofAddress(address.address()),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
  }

  /** Threads of the calling thread's next parallel regions, itself among them. */
  static void setThreads(int threads) {
    try {
      SET_NUM_THREADS.invokeExact(threads);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
