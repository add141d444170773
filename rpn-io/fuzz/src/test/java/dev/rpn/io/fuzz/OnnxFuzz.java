package dev.rpn.io.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxFuzz {
  static List<byte[]> seeds() throws IOException {
    return Readers.seeds("onnx");
  }

  @MethodSource("seeds")
  @FuzzTest
  void read(byte[] bytes) throws Exception {
    Readers.read("onnx", bytes);
  }
}
