// Which targets there are, while they come and go.
#include "host/config/target_directory.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

using Names = std::vector<std::string>;

TargetConfig target(const std::string& name, const std::string& sync) {
  TargetConfig made;
  made.name = name;
  made.sync = sync;
  return made;
}

Names names(const std::vector<const TargetConfig*>& targets) {
  Names found;
  for (const TargetConfig* each : targets) found.push_back(each->name);
  return found;
}

TEST(TargetDirectoryTest, KeepsTheOrderOfTheConfiguration) {
  const TargetDirectory directory({target("b", "x"), target("a", "y"), target("c", "x")});
  EXPECT_EQ(names(directory.all()), (Names{"b", "a", "c"}));
  EXPECT_EQ(names(directory.of_sync("x")), (Names{"b", "c"}));
  EXPECT_EQ(names(directory.of_sync("z")), Names());
}

TEST(TargetDirectoryTest, GrowsAndShrinksAndTellsItsReaders) {
  TargetDirectory directory({target("a", "x")});
  Names told;
  directory.when_changed([&](const std::string& name) { told.push_back(name); });
  directory.put(target("b", "x"));
  directory.remove("a");
  directory.remove("a");
  EXPECT_EQ(names(directory.of_sync("x")), Names{"b"});
  EXPECT_EQ(directory.find("a"), nullptr);
  EXPECT_EQ(told, (Names{"b", "a"}));
}

TEST(TargetDirectoryTest, ATargetThatChangesItsSyncIsOfTheNewOneAlone) {
  TargetDirectory directory({target("a", "x")});
  directory.put(target("a", "y"));
  EXPECT_EQ(names(directory.of_sync("x")), Names());
  EXPECT_EQ(names(directory.of_sync("y")), Names{"a"});
  EXPECT_EQ(names(directory.all()), Names{"a"});
}

}  // namespace
}  // namespace stoker::host
