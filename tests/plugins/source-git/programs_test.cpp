// What a program that the plugin starts gets of this process: none of its open files, whatever somebody else in it has
// left open for children.
#include "remote_fixture.hpp"

#include "support/git_servers/hostile_peer.hpp"

#include <fcntl.h>

#include <set>
#include <thread>

namespace stoker::git_test {
namespace {

using git_servers::Act;
using git_servers::HostileContent;
using git_servers::HostilePeer;
using git_servers::HostileSsh;
using git_servers::Over;
using git_servers::Version;

// By the git program: then the plugin starts both.
class ProgramsTest : public RemoteFixture {
 protected:
  // Not closed by an exec, and at a number that no program talks on.
  ProgramsTest() {
    const int low = ::open((root / "ours").c_str(), O_WRONLY | O_CREAT, 0600);
    ours_ = ::fcntl(low, F_DUPFD, 100);
    ::close(low);
  }
  ~ProgramsTest() override { ::close(ours_); }

  // What a child of this name has open, once there is one.
  static std::set<std::string> open_in_child(const std::string& name) {
    std::set<std::string> files;
    const std::string me = std::to_string(::getpid());
    for (const auto& at : fs::directory_iterator("/proc")) {
      std::ifstream stat(at.path() / "stat");
      std::string pid, known, state, parent;
      if (!(stat >> pid >> known >> state >> parent) || parent != me || known != "(" + name + ")") continue;
      std::error_code gone;
      for (fs::directory_iterator file(at.path() / "fd", gone), end; !gone && file != end; file.increment(gone))
        files.insert(fs::read_symlink(file->path(), gone).string());
    }
    return files;
  }
  void expect_nothing_of_ours(const std::string& name, const std::function<void()>& run) {
    std::thread calling(run);
    std::set<std::string> open;
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
         open.size() < 2 && std::chrono::steady_clock::now() < end;)
      open = open_in_child(name);
    calling.join();
    EXPECT_GE(open.size(), 2u) << "no " << name << " was seen";
    EXPECT_FALSE(open.contains((root / "ours").string())) << name << " could write to it";
    std::string all;
    for (const std::string& one : open) all += " " + one.substr(0, one.find(':'));
    std::printf("%s has open:%s\n", name.c_str(), all.c_str());
  }
  static constexpr const char* limits = R"({"resolveTimeout": "1500ms", "fetchTimeout": "1500ms"})";

  int ours_ = -1;
};

TEST_P(ProgramsTest, SshHasNothingOfOursOpen) {
  const HostileSsh silent(HostileContent::make(root), Act::silence);
  create(silent.url(), limits,
         object({{"sshKey", silent.server().user_key_text()}, {"knownHosts", silent.server().known_hosts()}}));
  expect_nothing_of_ours("ssh", [this] { resolve({"main"}); });
  EXPECT_EQ(code(), "git.timeout") << why();
}

TEST_P(ProgramsTest, GitHasNothingOfOursOpen) {
  const HostileContent content = HostileContent::make(root);
  const HostilePeer slow(content, {.act = Act::slow_pack, .over = Over::git, .version = Version::second});
  create(slow.url(), limits);
  expect_nothing_of_ours("git", [&] { open(content.now); });
  EXPECT_EQ(code(), "git.timeout") << why();
}

INSTANTIATE_TEST_SUITE_P(Backend, ProgramsTest, ::testing::Values("git"), backend_name);

}  // namespace
}  // namespace stoker::git_test
