package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, exit codes and complaints that scripts rely on. */
class UsageTest {
  private static final Map<String, List<String>> CONTRACT =
      Map.of(
          "summary", List.of("--weights", "--channels", "--anchors"),
          "run", List.of("--weights", "--input", "--output", "--kernels", "--threads"),
          "fit",
              List.of(
                  "--weights",
                  "--data",
                  "--steps",
                  "--optimizer",
                  "--learning-rate",
                  "--loss",
                  "--out",
                  "--log"),
          "propose",
              List.of(
                  "--model",
                  "IMAGE",
                  "--top",
                  "--json",
                  "--png",
                  "--features",
                  "--image-size",
                  "--padded-size",
                  "--layout",
                  "--pre-nms",
                  "--post-nms",
                  "--nms",
                  "--min-score"),
          "train",
              List.of(
                  "--data",
                  "--format",
                  "--out",
                  "--split",
                  "--eval-split",
                  "--from",
                  "--widths",
                  "--rpn-channels",
                  "--anchor-sizes",
                  "--epochs",
                  "--batch",
                  "--size",
                  "--optimizer",
                  "--learning-rate",
                  "--momentum",
                  "--weight-decay",
                  "--schedule",
                  "--warmup",
                  "--clip-norm",
                  "--accumulate",
                  "--average",
                  "--flip",
                  "--freeze",
                  "--seed",
                  "--threads",
                  "--resume",
                  "--log",
                  "--plot"),
          "eval", List.of("--model", "--data", "--split", "--json"),
          "convert",
              List.of(
                  "--head",
                  "--backbone",
                  "--profile",
                  "--anchor-sizes",
                  "--anchor-ratios",
                  "--anchor-strides"),
          "bench",
              List.of(
                  "--algorithm",
                  "--height",
                  "--width",
                  "--channels",
                  "--anchors",
                  "--threads",
                  "--kernels",
                  "--seconds",
                  "--json"),
          "doctor", List.of("--verbose"),
          "demo", List.of("--out"));

  @Test
  void helpOfEveryCommandExplainsEveryOptionAndGivesAnExample() {
    CONTRACT.forEach((command, options) -> {
      Rpn.Result result = Rpn.run(command, "--help");
      assertThat(result.code()).isZero();
      assertThat(result.err()).isEmpty();
      assertThat(result.out()).contains(options).contains("Example", "  rpn " + command);
    });
  }

  @Test
  void helpNamesEveryCommand() {
    assertThat(Rpn.run("--help").out()).contains(CONTRACT.keySet());
  }

  @Test
  void defaultsAreShownAsTheyAreTyped() {
    assertThat(Rpn.run("train", "--help").out())
        .contains("Default: 16,16,32,32,64,64,64,128,128,128,128,128,128")
        .contains("Default: 36,72,144")
        .contains("Default: 480x360");
    assertThat(Rpn.run("fit", "--help").out())
        .contains("Default: classification=binary_crossentropy,location=mse");
  }

  @Test
  void version() {
    assertThat(Rpn.run("--version").out()).startsWith("rpn ").contains("Java ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sumary",
        "summary --foo",
        "summary --channels x",
        "summary --channels 0",
        "summary --weights a --channels 3",
        "run --weights a --input b",
        "run --weights a --input b --output c --threads 0",
        "run --weights a --input b --output c --threads 100000000",
        "run --weights a --input b --output c --kernels quantum",
        "fit --weights a --data b --steps 0",
        "fit --weights a --data b --optimizer sgd",
        "propose --model a",
        "propose --model a b.png --top 0",
        "train --data a --out b --size 3x",
        "train --data a --out b --size 0x5",
        "train --data a --out b --widths 1,x",
        "train --data a --out b --widths 1.5",
        "train --data a --out b --widths 8,8 --rpn-channels 9",
        "train --data a --out b --epochs 0",
        "train --data a --out b --learning-rate -1",
        "train --data a --out b --optimizer lion",
        "train --data a --out b --momentum 0.9",
        "train --data a --out b --optimizer sgd --momentum 1",
        "train --data a --out b --weight-decay 2",
        "train --data a --out b --schedule wave",
        "train --data a --out b --warmup -1",
        "train --data a --out b --clip-norm -1",
        "train --data a --out b --accumulate 0",
        "train --data a --out b --average 1",
        "train --data a --out b --freeze head",
        "train --data a --out b --format yolo",
        "eval --model a --data b",
        "convert a",
        "convert a b c",
        "convert a b.npz --profile keras",
        "convert a b.safetensors --profile caffe",
        "inspect",
        "inspect a b",
        "convert --head a b c",
        "convert --head a --profile caffe b.safetensors",
        "convert --head a --anchor-sizes 1;x b.safetensors",
        "convert --head a --anchor-strides x b.safetensors",
        "convert --anchor-strides 8 a.npz b.safetensors",
        "convert --head a b.npz",
        "bench --seconds 0",
        "bench --height 0",
        "bench --channels 0",
        "bench --threads 0",
        "bench --algorithm f8"
      })
  void wrongUsageIsOneLineAndExitCode2(String line) {
    Rpn.Result result = Rpn.run((Object[]) (line.isEmpty() ? new String[0] : line.split(" ")));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).startsWith("rpn").contains("--help");
  }

  @Test
  void mistypedNamesAreSuggested() {
    assertThat(Rpn.run("sumary").err()).contains("did you mean 'summary'?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "summary --weights absent.npz",
        "run --weights absent.npz --input x.npy --output y.npz",
        "fit --weights absent.npz --data absent.npz",
        "propose --model absent.safetensors absent.png",
        "train --data absent --out absent.safetensors",
        "eval --model absent.safetensors --data absent --split test",
        "convert absent.npz absent.safetensors",
        "inspect absent.pt"
      })
  void whatIsNotThereIsOneLineAndExitCode1(String line) {
    Rpn.Result result = Rpn.run((Object[]) line.split(" "));
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).startsWith("rpn " + line.split(" ")[0] + ": ").contains("absent");
  }

  @Test
  void verboseShowsWhere() {
    Rpn.Result result = Rpn.run("summary", "--weights", "absent.npz", "--verbose");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("\tat dev.rpn.");
  }

  @Test
  void summaryOfTheStandardHead() {
    assertThat(Rpn.run("summary").out())
        .contains("Total params: 2,382,893", "3x3 (Conv2D)", "classification", "location");
  }

  @Test
  void summaryOfAnotherHead() {
    assertThat(Rpn.run("summary", "--channels", 256, "--anchors", 3).out())
        .contains("(None, None, None, 256)", "(None, None, None, 12)");
  }
}
