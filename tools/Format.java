import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/** Checks or rewrites every Java source below a folder: {@code Format.java check|write FOLDER}. */
class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    var wrong = new ArrayList<Path>();
    var formatter = new Formatter();
    try (var files = Files.walk(Path.of(args[1]))) {
      for (var file : (Iterable<Path>) files.filter(Format::isSource)::iterator) {
        var source = Files.readString(file);
        var formatted =
            formatter.formatSource(
                ImportOrderer.reorderImports(
                    RemoveUnusedImports.removeUnusedImports(source), Style.GOOGLE));
        if (!formatted.equals(source)) {
          wrong.add(file);
          if (write) {
            Files.writeString(file, formatted);
          }
        }
      }
    }
    wrong.forEach(file -> System.err.println((write ? "formatted: " : "not formatted: ") + file));
    if (!write && !wrong.isEmpty()) {
      System.err.println("Run './mvnw -N -Dformat validate' to format them.");
      System.exit(1);
    }
  }

  private static boolean isSource(Path file) {
    return file.toString().endsWith(".java")
        && !file.toString().contains("/target/")
        && Files.isRegularFile(file);
  }
}
