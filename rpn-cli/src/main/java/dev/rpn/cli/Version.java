package dev.rpn.cli;

import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: the version that the build wrote into the module. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    // On the class path there is no descriptor: then it is a developer's run.
    ModuleDescriptor module = Main.class.getModule().getDescriptor();
    return new String[] {
      "rpn " + (module == null ? "(development)" : module.rawVersion().orElse("(development)")),
      "Java " + Runtime.version() + ", " + System.getProperty("os.arch")
    };
  }
}
