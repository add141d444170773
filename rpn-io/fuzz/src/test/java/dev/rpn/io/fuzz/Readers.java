package dev.rpn.io.fuzz;

import dev.rpn.io.hostile.HostileFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A reader under the fuzzer: whatever the bytes, it reads them or refuses them as documented. */
final class Readers {
  private static final Path FOLDER;

  static {
    try {
      FOLDER = Files.createTempDirectory("rpn-fuzz");
    } catch (IOException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private Readers() {}

  /** What the fuzzer starts from. */
  static List<byte[]> seeds(String format) throws IOException {
    return HostileFormat.named(format).seedBytes();
  }

  /** Has the format's reader read the bytes. */
  static void read(String format, byte[] bytes) throws Exception {
    HostileFormat hostile = HostileFormat.named(format);
    Path file = Files.write(FOLDER.resolve("fuzzed"), bytes);
    try {
      hostile.reader().read(file);
    } catch (Exception | Error e) {
      if (!hostile.refuses(e)) {
        throw e;
      }
    }
  }
}
