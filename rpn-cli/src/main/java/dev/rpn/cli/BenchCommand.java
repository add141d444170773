package dev.rpn.cli;

import dev.rpn.engine.EngineOptions;
import dev.rpn.kernel.Algorithm;
import dev.rpn.model.MapShape;
import dev.rpn.model.RpnHead;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonGenerator;

/** How fast the head is, beside what the processor could do. */
@Command(
    name = "bench",
    description = {
      "Measure the head's speed, its allocation, and this machine's multiply-add peak in one run.",
      "",
      "direct_gflops is what a direct 3x3 convolution would have to do, over the median time:"
          + " Winograd's algorithm does less, so it can pass peak_gflops."
    },
    footer = {
      "Examples:",
      "  rpn bench",
      "  rpn bench --algorithm f4 --threads 2 --json bench.json"
    })
final class BenchCommand extends Subcommand {
  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      description = "f2 (Winograd F(2x2,3x3)) or f4 (F(4x4,3x3), faster and less exact).")
  private Algorithm algorithm = Algorithm.F2;

  @Option(names = "--height", paramLabel = "N", description = "Rows of the feature map.")
  private int height = 38;

  @Option(names = "--width", paramLabel = "N", description = "Columns of the feature map.")
  private int width = 50;

  @Option(names = "--channels", paramLabel = "N", description = "Channels of the feature map.")
  private int channels = 512;

  @Option(names = "--anchors", paramLabel = "K", description = "Anchors a position.")
  private int anchors = 9;

  @Option(names = "--threads", paramLabel = "N", description = "Threads that compute.")
  private int threads = 1;

  @Mixin private KernelOptions kernels;

  @Option(
      names = "--seconds",
      paramLabel = "F",
      description = "How long to measure, after warming up.")
  private double seconds = 5;

  @Mixin private JsonOption json;

  @Override
  boolean run() throws Exception {
    if (!(seconds > 0 && seconds <= 3600)) {
      throw usage("--seconds: expected above 0 and at most 3600, got " + seconds);
    }
    MapShape shape = shape();
    EngineOptions options =
        EngineOptions.standard()
            .withKernels(kernels.provider())
            .withThreads(threads)
            .withAlgorithm(algorithm);
    BenchResult result;
    try (var progress = new Progress(err(), "bench")) {
      result = new HeadBenchmark(shape, anchors, options).run(seconds, progress);
    }
    if (!json.isStandardOutput()) {
      print(shape, result);
    }
    if (json.file() != null) {
      Json.write(json.file(), out(), generator -> write(generator, shape, result));
    }
    return true;
  }

  private MapShape shape() {
    if (threads < 1) {
      throw usage("--threads: expected at least 1, got " + threads);
    }
    try {
      new RpnHead(channels, anchors);
      return new MapShape(1, height, width, channels);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private void print(MapShape shape, BenchResult r) {
    out()
        .printf(
            Locale.ROOT,
            "head %d x %d x %d, k = %d, %s, %s kernels, %d thread%s%n",
            shape.height(),
            shape.width(),
            shape.channels(),
            anchors,
            algorithm,
            r.kernels(),
            r.threads(),
            r.threads() == 1 ? "" : "s");
    out()
        .printf(
            Locale.ROOT,
            "  median %.3f ms, p99 %.3f ms, %d calls, %.0f bytes a call%n",
            r.medianMs(),
            r.p99Ms(),
            r.calls(),
            r.bytesPerCall());
    out()
        .printf(
            Locale.ROOT,
            "  direct %.1f GFLOP/s / peak %.1f GFLOP/s = %.2f%n",
            r.directGflops(),
            r.peakGflops(),
            r.directGflops() / r.peakGflops());
  }

  private void write(JsonGenerator json, MapShape shape, BenchResult r) {
    json.writeStartObject();
    json.writeStringProperty("kernels", r.kernels());
    json.writeNumberProperty("threads", r.threads());
    json.writeStringProperty("algorithm", algorithm.name().toLowerCase(Locale.ROOT));
    json.writeNumberProperty("height", shape.height());
    json.writeNumberProperty("width", shape.width());
    json.writeNumberProperty("channels", shape.channels());
    json.writeNumberProperty("anchors", anchors);
    json.writeNumberProperty("median_ms", r.medianMs());
    json.writeNumberProperty("p99_ms", r.p99Ms());
    json.writeNumberProperty("calls", r.calls());
    json.writeNumberProperty("bytes_per_call", r.bytesPerCall());
    json.writeNumberProperty("direct_gflops", r.directGflops());
    json.writeNumberProperty("peak_gflops", r.peakGflops());
    json.writeEndObject();
  }
}
