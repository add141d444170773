package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.io.weights.NpyArray;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
  @Test
  void countsAsPycocotoolsDoes() {
    Map<String, NpyArray> golden = Golden.read("recall.npz");
    Evaluator evaluator = new Evaluator();
    int pictures = 0;
    long truths = 0;
    for (; golden.containsKey("boxes/" + pictures); pictures++) {
      float[] truth = golden.get("truths/" + pictures).toFloats();
      truths += truth.length / 4;
      evaluator.add(
          golden.get("boxes/" + pictures).toFloats(),
          golden.get("scores/" + pictures).toFloats(),
          truth);
    }
    Evaluation result = evaluator.result();
    double[] expected = golden.get("ar").toDoubles();
    assertThat(result.images()).isEqualTo(pictures).isEqualTo(7);
    assertThat(result.truths()).isEqualTo(truths);
    assertThat(result.ar10()).isCloseTo(expected[0], within(1e-9));
    assertThat(result.ar100()).isCloseTo(expected[1], within(1e-9));
    assertThat(result.ar300()).isCloseTo(expected[2], within(1e-9));
    assertThat(result.ar1000()).isCloseTo(expected[3], within(1e-9));
    assertThat(result.recall50()).isCloseTo(golden.get("recall50").get(0), within(1e-9));
  }

  @Test
  void findsATruthOnceOnly() {
    Evaluator evaluator = new Evaluator();
    evaluator.add(
        new float[] {0, 0, 10, 10, 0, 0, 10, 10},
        new float[] {1, 0.5f},
        new float[] {0, 0, 10, 10, 50, 50, 60, 60});
    assertThat(evaluator.result().ar10()).isEqualTo(0.5);
    assertThat(evaluator.result().recall50()).isEqualTo(0.5);
  }

  @Test
  void saysMinusOneWhereThereIsNothingToFind() {
    Evaluator evaluator = new Evaluator();
    evaluator.add(new float[] {0, 0, 1, 1}, new float[] {1}, new float[0]);
    assertThat(evaluator.result().ar100()).isEqualTo(-1);
    assertThat(evaluator.result().images()).isEqualTo(1);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Evaluator evaluator = new Evaluator();
    assertThatThrownBy(() -> evaluator.add(new float[4], new float[2], new float[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("proposals: expected 8 coordinates for 2 scores, got 4");
    assertThatThrownBy(() -> evaluator.add(new float[4], new float[] {Float.NaN}, new float[0]))
        .hasMessage("score: value 0 is NaN");
    assertThatThrownBy(() -> evaluator.add(new float[0], new float[0], new float[3]))
        .hasMessage("truths: expected four coordinates a box, got 3");
  }
}
