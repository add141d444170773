/** Weight files, annotations and pictures: everything that parses what came from outside. */
module dev.rpn.io {
  requires static org.jspecify;
  requires transitive dev.rpn.core;
  requires java.desktop;
  requires java.xml;
  requires io.jhdf;
  // For jhdf, which has no descriptor to ask for them: a module that nobody asks for is not there.
  requires org.apache.commons.lang3;
  requires org.slf4j;
  requires tools.jackson.databind;

  exports dev.rpn.io;
  exports dev.rpn.io.data;
  exports dev.rpn.io.picture;
  exports dev.rpn.io.weights;
}
