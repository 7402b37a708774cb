// The configuration that the documents show: it is the one in examples/, it is right, and it runs.
#include "support/child.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace stoker::host {
namespace {

namespace fs = std::filesystem;

const fs::path source = STOKER_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), text.npos) << from;
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

child::Finished stoker(child::Arguments arguments) {
  arguments.insert(arguments.begin(), STOKER_PROGRAM);
  return child::finished(arguments);
}

// cases T43
TEST(ExampleFilesTest, ThePageOnStokerYamlShowsTheFilesOfExamples) {
  const std::string page = text_of(source / "docs/stoker-yaml.md");
  for (const char* file : {"examples/standalone/stoker.yaml", "examples/standalone/syncs/line-a.yaml"})
    EXPECT_NE(page.find("```yaml\n" + text_of(source / file) + "```"), page.npos) << file;
}

// cases T43
TEST(ExampleFilesTest, TheExampleHasNoMistake) {
  const auto ended = stoker({"config", "check", (source / "examples/standalone/stoker.yaml").string()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "ok: 7 modules, 2 targets, 1 Sync\n");
}

// cases T43
TEST(ExampleFilesTest, TheFilesOfTheDemoHaveNoMistake) {
  const test::TempFolder folder;
  const std::string root = folder.path().string();
  const auto config =
      folder.write("stoker.yaml", with(text_of(source / "examples/demo/stoker.yaml"), "/srv/stoker-demo", root));
  folder.write("syncs/line-a.yaml", text_of(source / "examples/demo/line-a.yaml"));
  const auto ended = stoker({"config", "check", config.string()});
  EXPECT_EQ(ended.code, 0) << ended.err;
}

// cases T43
TEST(ExampleFilesTest, TheExampleDeliversTheFilesOfARepository) {
  const test::TempFolder folder;
  const std::string root = folder.path().string(), repository = root + "/repository";
  folder.write("repository/recipes/a.txt", "one");
  for (const child::Arguments& git : std::vector<child::Arguments>{
           {"git", "init", "-q", "-b", "main", repository},
           {"git", "-C", repository, "add", "-A"},
           {"git", "-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "one"}})
    ASSERT_EQ(child::finished(git).code, 0);
  std::string config = text_of(source / "examples/standalone/stoker.yaml");
  config = with(with(with(config, "/var/lib/stoker", root + "/state"), "/srv", root), "fetchTimeout: 10m",
                "allowFile: true");
  std::string sync = text_of(source / "examples/standalone/syncs/line-a.yaml");
  sync = with(sync, "https://git.example.com/team/config.git", "file://" + repository);
  sync = with(sync, "    auth:\n      token: {secretRef: {name: line-a, key: token}}\n", "");
  const auto file = folder.write("stoker.yaml", config);
  folder.write("syncs/line-a.yaml", sync);
  fs::create_directories(folder.path() / "recipes");
  const auto ended = stoker({"sync", "--target", "recipes", "-c", file.string()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(text_of(folder.path() / "recipes/a.txt"), "one");
}

}  // namespace
}  // namespace stoker::host
