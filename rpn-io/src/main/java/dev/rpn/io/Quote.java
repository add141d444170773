package dev.rpn.io;

/** Makes a name that came from outside fit for a message. */
public final class Quote {
  private static final int LONGEST = 200;

  private Quote() {}

  /**
   * The text in single quotes, on one line: at most 200 characters of it, with everything that is
   * not printable ASCII, a quote or a backslash escaped.
   */
  public static String of(String text) {
    return "'" + escape(text) + "'";
  }

  /** Like {@link #of}, without the quotes. */
  public static String escape(String text) {
    var out = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
      char c = text.charAt(i);
      if (c == '\'' || c == '\\') {
        out.append('\\').append(c);
      } else if (c >= ' ' && c <= '~') {
        out.append(c);
      } else {
        out.append(String.format("\\u%04x", (int) c));
      }
    }
    if (text.length() > LONGEST) {
      out.append("... (").append(text.length()).append(" characters)");
    }
    return out.toString();
  }
}
