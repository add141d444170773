package dev.rpn.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuoteTest {
  @Test
  void escapesWhatCouldForgeALine() {
    assertThat(Quote.of("3x3/kernel")).isEqualTo("'3x3/kernel'");
    assertThat(Quote.of("a'b\\\n\u001b[31mé")).isEqualTo("'a\\'b\\\\\\u000a\\u001b[31m\\u00e9'");
    assertThat(Quote.escape("it's\r")).isEqualTo("it's\\u000d");
  }

  @Test
  void cutsAt200Characters() {
    assertThat(Quote.of("x".repeat(200))).hasSize(202);
    assertThat(Quote.of("x".repeat(201)))
        .isEqualTo("'" + "x".repeat(200) + "... (201 characters)'");
  }
}
