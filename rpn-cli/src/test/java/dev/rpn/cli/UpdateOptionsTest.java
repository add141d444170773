package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Optimizer.Sgd;
import dev.rpn.train.LearningRateSchedule;
import dev.rpn.train.LearningRateSchedule.Decay;
import dev.rpn.train.TrainingOptions;
import dev.rpn.train.TrainingRecipe;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class UpdateOptionsTest {
  private static UpdateOptions parse(String line) {
    UpdateOptions options = new UpdateOptions();
    new CommandLine(options)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(line.isEmpty() ? new String[0] : line.split(" "));
    return options;
  }

  @Test
  void withoutAnyItIsTheStandardRecipes() {
    assertThat(parse("").optimizer()).isEqualTo(TrainingRecipe.standard().optimizer());
    assertThat(parse("").options()).isEqualTo(TrainingRecipe.standard().options());
  }

  @Test
  void eachIsHeard() {
    assertThat(
            parse(
                    "--schedule cosine --warmup 7 --clip-norm 2.5 --accumulate 3 --average 0.998"
                        + " --flip --freeze backbone")
                .options())
        .isEqualTo(
            new TrainingOptions(
                new LearningRateSchedule(Decay.COSINE, 7), 2.5f, 3, 0.998, true, true));
    assertThat(parse("--flip").options().flips()).isTrue();
    assertThat(parse("--no-flip").options().flips()).isFalse();
  }

  @Test
  void optimizersAreTorchs() {
    assertThat(parse("--optimizer adam --learning-rate 0.5 --weight-decay 0.25").optimizer())
        .isEqualTo(Adam.torch().withLearningRate(0.5f).withWeightDecay(0.25f));
    assertThat(parse("--optimizer sgd --learning-rate 0.5").optimizer())
        .isEqualTo(new Sgd(0.5f, 0.9f, 0));
    assertThat(
            parse("--optimizer sgd --learning-rate 0.5 --momentum 0.75 --weight-decay 0.25")
                .optimizer())
        .isEqualTo(new Sgd(0.5f, 0.75f, 0.25f));
  }
}
