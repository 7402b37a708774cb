// The two backends before the same servers: what each brings, and what is left of it in the cache.
#include "hostile/peak_memory.hpp"
#include "remote_fixture.hpp"

#include "support/git_servers/git_daemon.hpp"
#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/ssh_git_server.hpp"

#include <sstream>

namespace stoker::git_test {
namespace {

using git_servers::GitDaemon;
using git_servers::HttpsGitServer;
using git_servers::SshGitServer;

class BackendTest : public RemoteFixture {
 protected:
  // Asks a git program for what the cache holds.
  std::string of_cache(const std::string& arguments) const {
    for (const auto& at : fs::directory_iterator(cache()))
      if (at.is_directory()) return run("git -c safe.directory='*' --git-dir=" + at.path().string() + " " + arguments);
    return "no cache";
  }
  // One after the other on a branch of their own, oldest first.
  std::vector<std::string> many_commits(int count) const {
    const fs::path stream = root / "stream";
    std::ofstream out(stream);
    for (int i = 0; i < count; ++i)
      out << "commit refs/heads/many\ncommitter t <t@t> " << 1700000000 + i
          << " +0000\ndata 1\nc\nM 644 inline f\ndata " << std::to_string(i).size() << "\n"
          << i << "\n";
    out.close();
    git("fast-import --quiet <" + stream.string());
    std::istringstream ids(git("rev-list --reverse many"));
    std::vector<std::string> commits;
    for (std::string id; ids >> id;) commits.push_back(id);
    return commits;
  }
  std::string commits_here() const {
    return of_cache("cat-file --batch-all-objects --batch-check='%(objecttype)' | grep -c commit");
  }
};

// pitfalls P59
TEST_P(BackendTest, OneCommitIsFetchedByTheProgramOverEachTransport) {
  const std::string wanted = by_program() ? "1" : "2";
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_EQ(commits_here(), wanted);
  fs::remove_all(root / "state");
  HttpsGitServer https(root);
  create(https.url("repo"), settings_for(https.url(""), "\"ca\": " + quoted(https.authority().pem())));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_EQ(commits_here(), wanted);
  fs::remove_all(root / "state");
  SshGitServer ssh(root);
  create(ssh.url("repo"), "{}", object({{"sshKey", ssh.user_key_text()}, {"knownHosts", ssh.known_hosts()}}));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_EQ(commits_here(), wanted);
}

TEST_P(BackendTest, AShortNameIsFoundInTheWholeHistory) {
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(seen(), now()) << why();
  EXPECT_EQ(one(first.substr(0, 9)).revision, first) << "what is deeper than what was fetched";
  EXPECT_EQ(content(first, "f"), "1") << why();
  write("f", "3");
  second = commit();
  EXPECT_EQ(seen(), "main: " + second + ", f: 3") << "and a single commit is fetched into the whole history";
}

// pitfalls P65
TEST_P(BackendTest, ABranchThatWasForcedElsewhereAndATagThatMovedAreFollowed) {
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(seen(), now()) << why();
  git("reset -q --hard " + first);
  write("f", "other");
  const std::string forced = commit();
  git("tag -f v1.0.0");
  EXPECT_EQ(seen(), "main: " + forced + ", f: other") << why();
  EXPECT_EQ(one("v1.0.0").revision, forced);
  git("checkout -q -b another");
  git("branch -D main");
  EXPECT_EQ(one("main").revision, "");
  EXPECT_EQ(content(forced, "f"), "other") << "what runs stays";
}

// The server's own git knows no version 2, or may not speak it: everything still works, by the whole history.
TEST_P(BackendTest, AServerOfTheFirstVersionAloneIsFetchedFromAsWell) {
  HttpsGitServer server(root, {.settings = {{"protocol.version", "0"}}});
  create(server.url("repo"), settings_for(server.url(""), "\"ca\": " + quoted(server.authority().pem())));
  EXPECT_EQ(seen(), now()) << why();
}

// pitfalls P59
TEST_P(BackendTest, AFetchLargerThanTheCacheMayBeIsRefused) {
  std::string noise(300000, ' ');
  unsigned state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  write("large", noise);
  second = commit();
  const GitDaemon daemon(root);
  create(daemon.url("repo"), R"({"cacheBytesMax": 100000})");
  EXPECT_EQ(seen(), "git.cache-full") << why();
  create(daemon.url("repo"), R"({"cacheBytesMax": 1000000})");
  EXPECT_EQ(seen(), now()) << why();
}

// Two files of which one is sent as what differs from the other: who fetches has both in memory. pitfalls P59
TEST_P(BackendTest, LargeFilesTakeTheProgramsMemoryAndNotOurs) {
  constexpr std::size_t bytes = 40 << 20;
  const fs::path stream = root / "stream";
  std::ofstream out(stream);
  out << "commit refs/heads/large\ncommitter t <t@t> 1700000000 +0000\ndata 1\nc\n";
  for (const char* name : {"a", "b"})
    out << "M 644 inline " << name << "\ndata " << bytes << "\n" << std::string(bytes - 1, 'x') << name << "\n";
  out.close();
  git("fast-import --quiet --big-file-threshold=1g <" + stream.string());
  fs::remove(stream);
  ASSERT_LT(std::stoi(git("count-objects -v | sed -n 's/size-pack: //p'")), 10000) << "KiB: no difference was kept";
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  const PeakMemory memory;
  ASSERT_EQ(open(git("rev-parse large")), STOKER_OK) << why();
  memory.expect_below(by_program() ? 24 : 512, GetParam());
}

// Three bytes in a row, changed by 1, -2 and 1, leave Adler-32 as it was: only the hash of the whole tells.
void damage_unseen_by_zlib(const fs::path& pack) {
  fs::permissions(pack, fs::perms::owner_all);
  std::fstream file(pack, std::ios::in | std::ios::out | std::ios::binary);
  for (int at = 3 << 20;; ++at) {
    char bytes[3];
    file.seekg(at);
    ASSERT_TRUE(file.read(bytes, sizeof bytes));
    if (bytes[0] == '\xff' || (bytes[1] & 0xfe) == 0 || bytes[2] == '\xff') continue;
    bytes[0] += 1;
    bytes[1] -= 2;
    bytes[2] += 1;
    file.seekp(at);
    file.write(bytes, sizeof bytes);
    return;
  }
}

// pitfalls P59, benchmark B10
TEST_P(BackendTest, ALargeFileIsReadInPiecesByTheProgram) {
  constexpr std::size_t bytes = 48 << 20;
  {
    std::ofstream out(repo / "large", std::ios::binary);
    const std::string part(1 << 20, 'x');
    for (std::size_t i = 0; i < bytes; i += part.size()) out << part;
  }
  const std::string revision = commit();
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  std::size_t got = 0, largest = 0;
  auto into = glue::collect_bytes([&](std::string_view piece) {
    got += piece.size();
    largest = std::max(largest, piece.size());
    return Result<void>();
  });
  const PeakMemory memory;
  ASSERT_EQ(table->read(tree, call.raw(), str("large"), into.sink()), STOKER_OK) << why();
  EXPECT_EQ(got, bytes);
  EXPECT_LE(largest, std::size_t{STOKER_CHUNK_BYTES_MAX});
  memory.expect_below(by_program() ? 4 : 2 * 48, GetParam());
}

TEST_P(BackendTest, ALargeFileThatIsDamagedInTheCacheIsMendedAndNotDelivered) {
  unsigned state = 1;
  std::string noise(6 << 20, ' ');
  for (char& c : noise) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  write("large", noise);
  git("config core.compression 0");  // so that it stands in the pack as it is
  const std::string revision = commit();
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  for (const auto& at : fs::recursive_directory_iterator(cache()))
    if (at.path().extension() == ".pack") damage_unseen_by_zlib(at.path());
  // What was handed over in pieces cannot be taken back.
  EXPECT_EQ(read("large"), by_program() ? "failed: git.cache-damaged" : noise) << why();
  EXPECT_EQ(content(revision, "large"), noise) << why();
}

TEST_P(BackendTest, AProgramThatIsMissingIsNamed) {
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", root.c_str(), 1);
  const std::string found = seen();
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(found, by_program() ? "git.program-missing" : now()) << why();
}

// What this process holds: open descriptors, children, resident memory.
struct Held {
  static Held now() {
    Held held;
    for ([[maybe_unused]] const auto& at : fs::directory_iterator("/proc/self/fd")) ++held.descriptors;
    for (const auto& task : fs::directory_iterator("/proc/self/task")) {
      std::ifstream children(task.path() / "children");
      for (int child; children >> child;) ++held.children;
    }
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
      if (word == "VmRSS:") status >> held.resident_kib;
    return held;
  }
  int descriptors = 0, children = 0;
  long resident_kib = 0;
};

// STOKER_TEST_FETCHES=10000 for the whole of it. pitfalls P66
TEST_P(BackendTest, ManyFetchesInARowLeaveNothingBehind) {
  const char* wanted = std::getenv("STOKER_TEST_FETCHES");
  const std::vector<std::string> commits = many_commits(wanted ? std::stoi(wanted) : 60);
  git("config uploadpack.allowAnySHA1InWant true");  // one by one also by the first version
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  const std::size_t warm = std::min<std::size_t>(commits.size() / 3, 1000);  // a cache is made anew now and then
  Held before;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    ASSERT_EQ(content(commits[i], "f"), std::to_string(i)) << why();
    if (i % 10 == 0) close_tree();  // which has the packs of the cache open
    if (i == warm / 10 * 10) before = Held::now();
  }
  close_tree();
  const Held after = Held::now();
  std::printf("%zu fetches: %d and %d descriptors, %d and %d children, %ld and %ld KiB resident\n", commits.size(),
              before.descriptors, after.descriptors, before.children, after.children, before.resident_kib,
              after.resident_kib);
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.children, before.children);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(after.resident_kib, before.resident_kib + 4096);
#endif
}

INSTANTIATE_TEST_SUITE_P(Backend, BackendTest, backends, backend_name);

}  // namespace
}  // namespace stoker::git_test
