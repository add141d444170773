package dev.rpn.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line {@code rpn}: exit code 0, 1 for a failure, 2 for wrong usage. */
@Command(
    name = "rpn",
    description = {
      "Region proposal networks in pure Java: define, train, run and judge them.",
      "",
      "Try 'rpn demo' first: it needs no data and takes under two minutes."
    },
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    footer = {
      "",
      "'rpn COMMAND --help' explains a command, with examples.",
      "Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage.",
      "Environment: RPN_JAVA_HOME the JDK to use, RPN_JAVA_OPTS options for it, such as -Xmx2g."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    usageHelpWidth = 100,
    sortOptions = false,
    subcommands = {
      DemoCommand.class,
      DoctorCommand.class,
      SummaryCommand.class,
      TrainCommand.class,
      EvalCommand.class,
      ProposeCommand.class,
      RunCommand.class,
      FitCommand.class,
      ConvertCommand.class,
      InspectCommand.class,
      BenchCommand.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of a failure.")
  private boolean verbose;

  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    // The summary's frame needs UTF-8 whatever the locale says.
    var out =
        new PrintWriter(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    var err =
        new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    System.exit(run(out, err, args));
  }

  /**
   * Runs a command.
   *
   * @param out where results go
   * @param err where progress and complaints go
   * @return the exit code
   */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    System.setProperty("java.awt.headless", "true");
    var main = new Main();
    CommandLine line =
        new CommandLine(main)
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setAbbreviatedOptionsAllowed(false)
            .setParameterExceptionHandler(Failures::usage)
            .setExecutionExceptionHandler(
                (thrown, command, parsed) -> Failures.failed(thrown, command, main.verbose));
    int code;
    try {
      code = line.execute(args);
    } catch (Error error) { // picocli hands on exceptions only
      code = Failures.failed(error, line, main.verbose);
    }
    out.flush();
    err.flush();
    return code;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }
}
