package dev.rpn.cli;

import picocli.CommandLine.Command;

/** Whether this machine can run the kernels well. */
@Command(
    name = "doctor",
    description =
        "Check this machine: the JDK, the kernels that are chosen and why, and whether they compute"
            + " what the reference computes. Exit code 1 where something is wrong.",
    footer = {"Example:", "  rpn doctor"})
final class DoctorCommand extends Subcommand {
  @Override
  boolean run() throws Exception {
    throw new UnsupportedOperationException();
  }
}
