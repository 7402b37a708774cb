// The cache: damaged, locked, shared, too large. Whatever is done to it, the next open is right.
#include "git_fixture.hpp"

#include <sstream>
#include <thread>

namespace stoker::git_test {
namespace {

class CacheTest : public GitFixture {
 protected:
  CacheTest() {
    for (int i = 0; i < 12; ++i) write("dir/f" + std::to_string(i), "content " + std::to_string(i));
    revision = commit();
    git("tag v1");
    create(file_url());
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& at : fs::recursive_directory_iterator(cache()))
      if (at.is_regular_file()) found.push_back(at.path());
    return found;
  }
  // The whole content, by a fresh instance: as many files as there are, each as it was committed.
  void expect_right(const std::string& after) {
    create(file_url());
    ASSERT_EQ(open(revision), STOKER_OK) << after << ": " << why();
    EXPECT_EQ(paths().size(), 12u) << after;
    for (int i = 0; i < 12; ++i) EXPECT_EQ(read("dir/f" + std::to_string(i)), "content " + std::to_string(i)) << after;
    close();
  }
  void flip(const fs::path& file, bool keep_time) const {
    const auto time = fs::last_write_time(file);
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(file) / 2);
    bytes.seekg(middle);
    const int old = bytes.get();
    bytes.seekp(middle);
    bytes.put(static_cast<char>(old ^ 0x41));
    bytes.close();
    if (keep_time) fs::last_write_time(file, time);
  }
  std::string revision;
};

// pitfalls P64
TEST_F(CacheTest, AnyFileFlippedCutOrRemovedIsMended) {
  expect_right("first");
  const std::size_t count = files().size();
  for (std::size_t i = 0; i < count; ++i) {
    for (int how = 0; how < 4; ++how) {
      const auto all = files();
      const fs::path file = all[i % all.size()];
      const std::string what = file.string() + " way " + std::to_string(how);
      if (how < 2) flip(file, how == 1);
      if (how == 2) fs::resize_file(file, fs::file_size(file) / 2);
      if (how == 3) fs::remove(file);
      expect_right(what);
    }
  }
}

// pitfalls P64
TEST_F(CacheTest, ATreeThatIsOpenMendsItsCacheWhileItIsRead) {
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  for (const fs::path& file : files()) {
    if (file.extension() != ".pack") continue;  // it is mapped: removing it would do it no harm
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(12)
        << std::string(static_cast<std::size_t>(fs::file_size(file)) - 12, '\0');
  }
  for (const fs::path& file : files())
    if (file.extension() != ".pack") fs::remove(file);
  EXPECT_EQ(paths().size(), 12u);
  EXPECT_EQ(read("dir/f3"), "content 3");
}

TEST_F(CacheTest, IsNotTakenAwayFromAnOpenTree) {
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  write("dir/f0", "changed");  // the other files are in a pack that the tree does not need before they are read
  const std::string second = commit();
  ASSERT_EQ(open(second), STOKER_OK) << why();
  create(file_url());
  ASSERT_EQ(open(second), STOKER_OK) << why();
  stoker_source* const reader = std::exchange(source, nullptr);
  stoker_tree* const reading = std::exchange(tree, nullptr);
  for (const auto& at : fs::directory_iterator(cache()))  // another instance doubts the folder, and makes another
    if (at.is_directory()) std::ofstream(at.path() / "stray") << "x";
  git("reset -q --hard " + revision);  // which nobody has who fetches now
  write("dir/new", "new");
  const std::string next = commit();
  create(file_url());
  ASSERT_EQ(content(next, "dir/new"), "new") << why();
  fs::rename(repo, root / "away");
  close();
  tree = reading;
  for (int i = 1; i < 12; ++i) EXPECT_EQ(read("dir/f" + std::to_string(i)), "content " + std::to_string(i)) << why();
  close_tree();
  table->destroy(reader);
}

// pitfalls P35b, P39
TEST_F(CacheTest, LocksThatDeadProcessesLeftDoNotStopAFetch) {
  expect_right("first");
  const fs::path home = cache();
  std::string inner;
  for (const auto& at : fs::directory_iterator(home))
    if (at.is_directory()) inner = at.path();
  for (const char* name : {"index.lock", "shallow.lock", "HEAD.lock", "config.lock", "packed-refs.lock",
                           "refs/heads/main.lock", "FETCH_HEAD.lock"})
    std::ofstream(fs::path(inner) / name) << "1";
  std::ofstream(home / "lock") << "99999 another-boot";
  fs::create_directories(home / "build-1-1-1/objects");
  fs::create_directories(home / "current.new/x");
  expect_right("planted");
  write("dir/f0", "content 0");
  write("new", "1");
  const std::string next = commit();
  create(file_url());
  EXPECT_EQ(content(next, "new"), "1");
  EXPECT_FALSE(fs::exists(home / "build-1-1-1"));
  close();
  fs::remove_all(home / "lock");
  fs::create_directories(home / "lock/x");
  fs::remove_all(home / "current");
  expect_right("a folder as lock");
}

TEST_F(CacheTest, AnotherRepositorysCacheIsNotTaken) {
  expect_right("first");
  const fs::path home = cache();
  std::string text;
  std::getline(std::ifstream(home / "current"), text, '\0');
  text.replace(text.find("url file"), 8, "url git:");
  std::ofstream(home / "current") << text;
  expect_right("other url");
}

TEST_F(CacheTest, ThreadsAndInstancesShareOneCache) {
  const std::string url = file_url();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  const std::string config = R"({"settings": {"allowFile": true}, "use": {"repo": ")" + url + R"("}, "state": ")" +
                             (root / "state").string() + R"("})";
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      FakeHost own_host;
      FakeCall own;
      stoker_source* mine = nullptr;
      stoker_tree* opened = nullptr;
      CollectedBytes bytes;
      table->create(own_host.raw(), own.raw(), str(config), &mine);
      if (table->open(mine, own.raw(), str(revision), &opened) == STOKER_OK) {
        if (table->read(opened, own.raw(), str("dir/f5"), bytes.sink()) == STOKER_OK && bytes.bytes == "content 5")
          ++right;
        table->close(opened);
      }
      table->destroy(mine);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 6);
}

// pitfalls P43. Under the newer commit's id lies the older one, as from a server or a disk that lies.
TEST_F(CacheTest, ACommitUnderAnothersIdIsNotTaken) {
  expect_right("first");
  const auto object = [](const fs::path& git, const std::string& id) {
    return git / "objects" / id.substr(0, 2) / id.substr(2);
  };
  const auto lie = [&](const std::string& id) {
    for (const auto& at : fs::directory_iterator(cache())) {
      if (!at.is_directory()) continue;
      fs::create_directories(object(at.path(), id).parent_path());
      fs::copy_file(object(repo / ".git", revision), object(at.path(), id));
    }
  };
  write("dir/f0", "newer");
  const std::string newer = commit();
  lie(newer);
  create(file_url());
  EXPECT_EQ(content(newer, "dir/f0"), "newer");
  close();

  write("dir/f0", "newest");
  const std::string newest = commit();
  lie(newest);
  fs::rename(repo, root / "elsewhere");
  create(file_url());
  EXPECT_NE(open(newest), STOKER_OK) << "the other side is away, and what is here is another commit";
}

TEST_F(CacheTest, AFetchLargerThanItsBoundFails) {
  std::string noise;
  for (unsigned i = 0, x = 1; i < 300000; ++i) noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  write("noise", noise);
  const std::string big = commit();
  Daemon daemon(root);
  create(daemon.url("repo"), R"({"cacheBytesMax": 65536})");
  EXPECT_EQ(open(big), STOKER_E_EXHAUSTED) << why();
  EXPECT_EQ(code(), "git.cache-full");
}

// pitfalls P39
TEST_F(CacheTest, ManyFetchesDoNotGrowTheCacheForEver) {
  std::string history = "feature done\n", last;
  for (int i = 0; i < 70; ++i)
    history += "commit refs/heads/long\ncommitter t <t@t> " + std::to_string(i) + " +0000\ndata 1\nx\n" +
               (i == 0 ? "from refs/heads/main^0\n" : "");
  write("history", history + "done\n");
  git("fast-import --quiet < history");
  std::istringstream revisions(git("rev-list --reverse --first-parent long"));
  std::size_t packs_most = 0;
  while (revisions >> last) {
    git("update-ref refs/heads/long " + last);
    ASSERT_EQ(open(last), STOKER_OK) << why();
    std::size_t packs = 0;
    for (const fs::path& file : files()) packs += file.extension() == ".pack";
    packs_most = std::max(packs_most, packs);
  }
  EXPECT_GT(packs_most, 60u);  // each was a fetch of its own
  EXPECT_LE(packs_most, 64u);
}

}  // namespace
}  // namespace stoker::git_test
