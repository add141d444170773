package dev.rpn.io.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

class TorchFuzz {
  static List<byte[]> seeds() throws IOException {
    return Readers.seeds("torch");
  }

  @MethodSource("seeds")
  @FuzzTest
  void read(byte[] bytes) throws Exception {
    Readers.read("torch", bytes);
  }
}
