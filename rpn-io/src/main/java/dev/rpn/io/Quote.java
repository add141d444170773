package dev.rpn.io;

/** Makes a name that came from outside fit for a message. */
public final class Quote {
  private static final int LONGEST = 200;

  private Quote() {}

  /**
   * The text in single quotes, on one line: at most 200 characters of it, with quotes, backslashes
   * and everything that is not printable ASCII escaped.
   */
  public static String of(String text) {
    return "'" + escape(text, "'\\") + "'";
  }

  /** Like {@link #of}, but without quotes around it, and with those inside it left as they are. */
  public static String escape(String text) {
    return escape(text, "");
  }

  private static String escape(String text, String special) {
    var out = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
      char c = text.charAt(i);
      if (special.indexOf(c) >= 0) {
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
