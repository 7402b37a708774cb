// Which libraries become modules.
#include "tests/support/module_host.hpp"
#include "tests/support/plugin_files.hpp"

namespace stoker::host {
namespace {

// Its constructor crashes, so a try of it would be refused for that.
TEST(ModuleFactoryTest, APluginThatItsManifestExcludesIsRefusedBeforeItsCodeRuns) {
  testing::ModuleHost host;
  ModuleConfig& module = host.config.modules.emplace_back();
  module.name = module.plugin = "faulty-excluded";
  module.library = faulty("faulty-excluded");
  const std::vector<Error> failures = host.factory.load({});
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].code, "STK-P008") << failures[0].message;
}

}  // namespace
}  // namespace stoker::host
