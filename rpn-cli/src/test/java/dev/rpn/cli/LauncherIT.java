package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher at the repository's root, on the module path that the build has just made. */
@DisabledOnOs(OS.WINDOWS)
class LauncherIT {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir Path folder;

  @Test
  void runsFromAnotherFolderThroughALink() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link to rpn"), ROOT.resolve("rpn"));
    Rpn.Result result = start(Map.of(), List.of(link.toString(), "summary"));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("Total params: 2,382,893").contains("┏━");
    assertThat(result.err()).doesNotContain("building");
  }

  @Test
  void choosesTheVectorKernelsWithoutAnyFlag() throws Exception {
    Rpn.Result result = start(Map.of(), List.of(ROOT.resolve("rpn").toString(), "doctor"));
    assertThat(result.code()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).containsPattern("chosen +simd").contains("All is well.");
  }

  @Test
  void exitCodesReachTheShell() throws Exception {
    String rpn = ROOT.resolve("rpn").toString();
    assertThat(start(Map.of(), List.of(rpn, "summary", "--foo")).code()).isEqualTo(2);
    assertThat(start(Map.of(), List.of(rpn, "summary", "--weights", "absent")).code()).isEqualTo(1);
  }

  @Test
  void aJdkThatIsNoneIsNamed() throws Exception {
    Rpn.Result result =
        start(
            Map.of("RPN_JAVA_HOME", folder.toString()),
            List.of(ROOT.resolve("rpn").toString(), "summary"));
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo("rpn: RPN_JAVA_HOME: no JDK 25 or later at " + folder + "\n");
  }

  private Rpn.Result start(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path errors = folder.resolve("stderr");
    var builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out;
    try (InputStream stream = process.getInputStream()) {
      out = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return new Rpn.Result(process.exitValue(), out, Files.readString(errors));
  }
}
