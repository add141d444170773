/** The command line. */
module dev.rpn.cli {
  requires static org.jspecify;
  requires dev.rpn.core;
  requires dev.rpn.io;
  requires dev.rpn.train;
  requires info.picocli;
  requires java.desktop;
  requires jdk.management;
  requires tools.jackson.core;
  requires xchart;

  opens dev.rpn.cli to
      info.picocli;
}
