// Git LFS: the content in place of its pointer, the login for its own origin alone, nothing kept that is not what the
// pointer names, and a limit for everything that a server can do.
// pitfalls P29, P61, B10
#include "hostile/peak_memory.hpp"
#include "remote_fixture.hpp"

#include "plugins/source-git/lfs/lfs_pointer.hpp"
#include "support/git_servers/git_daemon.hpp"
#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/lfs_server.hpp"
#include "support/git_servers/ssh_git_server.hpp"

#include <sys/resource.h>

#include <thread>

namespace stoker::git_test {
namespace {

using git_servers::HttpsGitServer;
using git_servers::lfs_pointer;
using git_servers::LfsServer;
using git_servers::sha256;
using git_servers::SshGitServer;
using git_servers::TlsVersions;
using Answer = LfsServer::Answer;
using Request = LfsServer::Request;

std::string header(const Request& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

// No file of this process becomes larger meanwhile: writing more is an error.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

// A repository with a pointer "big", over https at one origin with its Git LFS.
class LargeFilesTest : public RemoteFixture {
 protected:
  LargeFilesTest() {
    use = R"("lfs": true)";
    for (std::size_t i = 0; content.size() < 300000; ++i) content += std::to_string(i * i) + "\n";
    write("big", lfs_pointer(content));
    write("small", "as it is");
    revision = commit("large");
    server.keep(content);
  }
  std::string settings(const std::string& more = "") const {
    return R"({"repositories": [{"prefix": "https://127.0.0.1", "ca": )" + quoted(authority.pem()) +
           R"(}, {"prefix": )" + quoted(server.url("")) + ", \"ca\": " + quoted(authority.pem()) +
           R"(, "auth": {"token": "canary-t0ken"}}, {"prefix": )" + quoted(other.url("")) +
           ", \"ca\": " + quoted(authority.pem()) + R"(, "auth": {"token": "canary-other"}}])" +
           (more.empty() ? "" : ", ") + more + "}";
  }
  // "big" as the plugin delivers it; the code of what went wrong.
  std::string big(const std::string& more_settings = "") {
    create(server.url("repo"), settings(more_settings));
    return opened_big();
  }
  std::string opened_big() {
    if (open(revision) != STOKER_OK) return "not opened: " + why();
    return big_again();
  }
  std::string big_again() { return read("big") == content ? "the content" : code(); }
  // The repository is here afterwards, so that a short limit is one of Git LFS alone.
  void have_the_repository() {
    create(server.url("repo"), settings());
    ASSERT_EQ(open(revision), STOKER_OK) << why();
    close();
  }
  std::vector<fs::path> kept() const {
    std::vector<fs::path> found;
    if (fs::exists(root / "state/lfs"))
      for (const auto& at : fs::recursive_directory_iterator(root / "state/lfs"))
        if (!at.is_directory()) found.push_back(at.path());
    return found;
  }
  std::string batch_path() const { return "/repo.git/info/lfs/objects/batch"; }
  static std::string download_from(const std::string& href, const std::string& more, const std::string& oid) {
    return R"({"objects": [{"oid": ")" + oid + R"(", "size": 1, )" + more + R"("actions": {"download": {"href": )" +
           quoted(href) + "}}}]}";
  }
  std::string oid() const { return sha256(content); }

  const certificates::Authority authority;
  HttpsGitServer git_server{root, {.versions = TlsVersions::none}};
  LfsServer server{authority, git_server.url("").substr(0, git_server.url("").size() - 1)};
  LfsServer other{authority};
  std::string content, revision;
  const std::string login = "Basic " + base64("x-access-token:canary-t0ken");
};

TEST_P(LargeFilesTest, TheContentIsDeliveredInPlaceOfItsPointer) {
  ASSERT_EQ(big(), "the content") << why();
  EXPECT_EQ(read("small"), "as it is");
  Collected<File> files;
  table->list(tree, call.raw(), str("big"), files.sink());
  ASSERT_EQ(files.items.size(), 1u);
  EXPECT_EQ(files.items[0].bytes, content.size());
  EXPECT_NE(files.items[0].blob, git("rev-parse HEAD:big"));
  EXPECT_NE(files.items[0].blob.find(oid()), std::string::npos);
  ASSERT_EQ(server.asked(batch_path()).size(), 1u);
  const Request batch = server.batches()[0];
  EXPECT_EQ(batch.method, "POST");
  EXPECT_EQ(batch.body, R"({"operation":"download","transfers":["basic"],"hash_algo":"sha256","objects":[{"oid":")" +
                            oid() + R"(","size":)" + std::to_string(content.size()) + "}]}");
  EXPECT_EQ(header(batch, "content-type"), "application/vnd.git-lfs+json");
  EXPECT_EQ(header(batch, "accept"), "application/vnd.git-lfs+json");
}

TEST_P(LargeFilesTest, WhatIsHereIsNotFetchedAgainAlsoBySomebodyElse) {
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(big_again(), "the content");
  EXPECT_EQ(big(), "the content");
  EXPECT_EQ(server.batches().size(), 1u);
  EXPECT_EQ(server.contents().size(), 1u);
}

TEST_P(LargeFilesTest, APathThatEndsInGitIsNotLengthened) {
  fs::rename(repo, root / "repo.git");
  create(server.url("repo.git"), settings());
  EXPECT_EQ(opened_big(), "the content") << why();
  EXPECT_EQ(server.asked(batch_path()).size(), 1u);
}

// pitfalls P29
TEST_P(LargeFilesTest, TheLoginGoesToItsOwnOriginAndWhatTheServerGivesComesBeforeIt) {
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(header(server.batches().at(0), "authorization"), login);
  EXPECT_EQ(header(server.contents().at(0), "authorization"), login);
  EXPECT_EQ(server.contents().at(0).target, "/content/" + oid() + "?signature=canary-query");
  fs::remove_all(root / "state/lfs");
  server.send_to("", R"({"authorization": "Bearer canary-given", "X-Key": "one"})");
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(header(server.contents().at(1), "authorization"), "Bearer canary-given");
  EXPECT_EQ(header(server.contents().at(1), "x-key"), "one");
  fs::remove_all(root / "state/lfs");
  server.answer(batch_path(),
                {.body = download_from(server.url("content/" + oid()), R"("authenticated": true, )", oid())});
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(header(server.contents().at(2), "authorization"), "") << "its URL is all that it wants";
  for (const std::string& secret : {std::string("canary"), login.substr(6)}) EXPECT_FALSE(is_told(secret));
}

// pitfalls P29
TEST_P(LargeFilesTest, AnotherHostGetsWhatTheServerGaveForItAndNothingOfOurs) {
  other.keep(content);
  server.send_to(other.url("").substr(0, other.url("").size() - 1),
                 R"({"X-Key": "one", "Host": "evil", "Content-Length": "0", "connection": "keep-alive"})");
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_TRUE(server.contents().empty());
  ASSERT_EQ(other.contents().size(), 1u);
  const Request asked = other.contents()[0];
  EXPECT_EQ(header(asked, "authorization"), "");
  EXPECT_EQ(header(asked, "x-key"), "one");
  EXPECT_EQ("https://" + header(asked, "host") + "/", other.url(""));
  EXPECT_EQ(header(asked, "content-length"), "");
  EXPECT_EQ(header(asked, "connection"), "close");
  fs::remove_all(root / "state/lfs");
  create(server.url("repo"), R"({"repositories": [{"prefix": )" + quoted(server.url("")) +
                                 ", \"ca\": " + quoted(authority.pem()) + R"(}, {"prefix": )" + quoted(other.url("")) +
                                 R"(, "proxy": "http://127.0.0.1:1"}]})");
  EXPECT_EQ(opened_big(), "git.connection-refused") << why();
  EXPECT_NE(why().find("proxy"), std::string::npos) << "the way there is that of its own entry: " << why();
}

// pitfalls P29
TEST_P(LargeFilesTest, ADownloadIsRedirectedToHttpsAloneAndLeavesEverythingBehind) {
  other.keep(content);
  const auto redirect = [](const std::string& to) {
    return Answer{.status = 302, .headers = "Location: " + to + "\r\n"};
  };
  server.send_to("", R"({"X-Key": "canary-key"})");
  server.answer("/content/", redirect("/moved?x=canary-query"));
  server.answer("/moved", {.body = content});
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(header(server.asked("/moved").at(0), "authorization"), login);
  EXPECT_EQ(header(server.asked("/moved").at(0), "x-key"), "canary-key");
  fs::remove_all(root / "state/lfs");
  server.answer("/content/", redirect(other.url("content/" + oid())));
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(header(other.contents().at(0), "authorization") + header(other.contents().at(0), "x-key"), "");
  fs::remove_all(root / "state/lfs");
  other.answer("/content/", redirect(server.url("moved")));
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(header(server.asked("/moved").at(1), "authorization") + header(server.asked("/moved").at(1), "x-key"), "")
      << "what came back from elsewhere is elsewhere's";
  fs::remove_all(root / "state/lfs");
  for (const std::string& to :
       {git_server.url("repo"), std::string("ftp://127.0.0.1/x"), std::string("//127.0.0.1/x"),
        std::string("https://canary@127.0.0.1/x"), std::string(), server.url("content/round")}) {
    server.answer("/content/", redirect(to));
    EXPECT_EQ(big(), "git.redirect-refused") << to << why();
  }
  EXPECT_EQ(server.asked("/content/round").size(), 5u);
  EXPECT_TRUE(kept().empty());
  EXPECT_FALSE(is_told("canary"));
}

TEST_P(LargeFilesTest, AStepDownFromTlsIsRefusedBeforeAnythingIsSent) {
  const std::size_t before = git_server.asked().size();
  server.answer(batch_path(), {.body = download_from(git_server.url("repo?x=canary"), "", oid())});
  EXPECT_EQ(big(), "git.redirect-refused") << why();
  server.answer(batch_path(), {.status = 307, .headers = "Location: " + other.url("elsewhere?x=canary") + "\r\n"});
  EXPECT_EQ(big_again(), "git.redirect-refused") << why();
  for (const git_servers::Asked& asked : git_server.asked()) EXPECT_EQ(asked.path.find("canary"), std::string::npos);
  EXPECT_GT(git_server.asked().size(), before) << "the repository itself was";
  EXPECT_TRUE(other.asked("/").empty());
  EXPECT_FALSE(is_told("canary"));
}

TEST_P(LargeFilesTest, WhatIsNotTheContentIsNotKept) {
  std::string changed = content;
  changed[changed.size() / 2] ^= 1;
  const std::string wrong[] = {changed, content + "x", content.substr(1), ""};
  for (const std::string& one : wrong) {
    server.answer("/content/", {.body = one});
    EXPECT_EQ(big(), "git.lfs-damaged") << one.size() << why();
    EXPECT_EQ(call.error()->kind, errc::conflict);
    EXPECT_TRUE(kept().empty());
  }
  server.answer("/content/", {.body = content});
  EXPECT_EQ(big_again(), "the content") << "the same source, later: " << why();
}

// pitfalls P20
TEST_P(LargeFilesTest, EveryLieAboutTimeEndsAtTheLimit) {
  have_the_repository();
  const Answer silent{.silent = true}, slow{.body = std::string(100, ' '), .slow = true};
  const std::pair<const char*, Answer> cases[] = {
      {"/content/", silent}, {"/content/", slow}, {"/repo.git/", silent}, {"/repo.git/", slow}};
  for (const auto& [path, answer] : cases) {
    server.answer(path, answer);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(big(R"("fetchTimeout": "1s")"), "git.timeout") << path << why();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_TRUE(kept().empty());
  }
  EXPECT_GE(server.contents().size(), 1u);
}

TEST_P(LargeFilesTest, WhatHasNoEndIsLeft) {
  server.answer("/content/", {.body = std::string(1000, 'x'), .endless = true});
  {
    const SmallFiles eight_mib(8 << 20);
    EXPECT_EQ(big(), "git.lfs-damaged") << "more is written than the pointer says: " << why();
  }
  server.answer(batch_path(), {.body = std::string(1000, ' '), .endless = true});
  EXPECT_EQ(big_again(), "git.answer-too-large") << why();
  EXPECT_TRUE(kept().empty());
}

TEST_P(LargeFilesTest, EveryRefusalHasItsOwnName) {
  create(server.url("repo"), settings());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  const auto error = [&](int status) {
    return R"({"objects": [{"oid": ")" + oid() + R"(", "error": {"code": )" + std::to_string(status) + "}}]}";
  };
  struct Case {
    std::string path;
    Answer answer;
    const char* code;
  };
  const Case cases[] = {{batch_path(), {.status = 404}, "git.lfs-no-server"},
                        {batch_path(), {.status = 405}, "git.lfs-no-server"},
                        {batch_path(), {.status = 501}, "git.lfs-no-server"},
                        {batch_path(), {.status = 401}, "git.credentials-refused"},
                        {batch_path(), {.status = 403}, "git.forbidden"},
                        {batch_path(), {.status = 500}, "git.server-error"},
                        {batch_path(), {.body = error(404)}, "git.lfs-object-missing"},
                        {batch_path(), {.body = error(410)}, "git.lfs-object-missing"},
                        {batch_path(), {.body = error(403)}, "git.forbidden"},
                        {batch_path(), {.body = error(422)}, "git.bad-request"},
                        {"/content/", {.status = 404}, "git.lfs-object-missing"},
                        {"/content/", {.status = 401}, "git.credentials-refused"},
                        {"/content/", {.status = 403}, "git.forbidden"},
                        {"/content/", {.status = 206, .body = content}, "git.bad-request"},
                        {"/content/", {.status = 503}, "git.server-error"}};
  for (const Case& one : cases) {
    LfsServer fresh(authority);
    server.answer(batch_path(), one.path == batch_path()
                                    ? one.answer
                                    : Answer{.body = download_from(server.url("content/" + oid()), "", oid())});
    server.answer("/content/", one.answer);
    EXPECT_EQ(big_again(), one.code) << one.path << one.answer.status << why();
    EXPECT_NE(why().find(server.url("repo")), std::string::npos) << why();
    EXPECT_NE(why().find("big"), std::string::npos) << why();
  }
  EXPECT_TRUE(kept().empty());
  EXPECT_FALSE(is_told("canary"));
}

// pitfalls P61
TEST_P(LargeFilesTest, AServerThatAsksForQuietIsLeftAlone) {
  server.answer(batch_path(), {.status = 429, .headers = "Retry-After: 7\r\n"});
  EXPECT_EQ(big(), "git.rate-limited") << why();
  EXPECT_EQ(call.error()->retry_after, std::chrono::seconds(7));
  EXPECT_EQ(big_again(), "git.rate-limited");
  EXPECT_EQ(server.batches().size(), 1u);
}

// pitfalls P61
TEST_P(LargeFilesTest, AnothersWishForQuietIsNoneOfTheRepositorysServer) {
  server.answer("/content/", {.status = 307, .headers = "Location: " + other.url("content/x") + "\r\n"});
  other.answer("/content/", {.status = 429, .headers = "Retry-After: 7\r\n"});
  EXPECT_EQ(big(), "git.rate-limited") << why();
  EXPECT_EQ(call.error()->retry_after, std::chrono::seconds(7));
  server.answer("/content/", {.body = content});
  EXPECT_EQ(big_again(), "the content") << why();
}

TEST_P(LargeFilesTest, AnAnswerThatCannotBeUsedIsSaid) {
  create(server.url("repo"), settings());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  const std::string place = server.url("content/" + oid());
  const auto with_headers = [&](const std::string& headers) {
    return R"({"objects": [{"oid": ")" + oid() + R"(", "actions": {"download": {"href": ")" + place +
           R"(", "header": )" + headers + "}}}]}";
  };
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i ? ", \"X-" : "\"X-") + std::to_string(i) + "\": \"1\"";
  const std::string answers[] = {"",
                                 "<html>log in</html>",
                                 "{}",
                                 R"({"objects": []})",
                                 R"({"objects": [{"oid": ")" + oid() + "\"}]}",
                                 download_from(place, "", std::string(64, 'a')),
                                 R"({"transfer": "tus", )" + download_from(place, "", oid()).substr(1),
                                 R"({"hash_algo": "sha512", )" + download_from(place, "", oid()).substr(1),
                                 download_from("/content/" + oid(), "", oid()),
                                 download_from("ftp://127.0.0.1/x", "", oid()),
                                 download_from("file:///etc/passwd", "", oid()),
                                 download_from("https://user:canary@127.0.0.1/x", "", oid()),
                                 download_from("https://127.0.0.1/a b", "", oid()),
                                 download_from("https://127.0.0.1/a\r\nX: canary", "", oid()),
                                 download_from("https://127.0.0.1:99999/", "", oid()),
                                 download_from("https://127.0.0.1/" + std::string(17000, 'a'), "", oid()),
                                 with_headers(R"({"X-Key": "canary\r\nX-More: 1"})"),
                                 with_headers(R"({"X Key": "1"})"),
                                 with_headers(R"({"": "1"})"),
                                 with_headers("{" + many + "}")};
  for (const std::string& answer : answers) {
    server.answer(batch_path(), {.body = answer});
    EXPECT_EQ(big_again(), "git.lfs-answer") << answer << why();
  }
  EXPECT_TRUE(server.contents().empty());
  EXPECT_FALSE(is_told("canary"));
}

TEST_P(LargeFilesTest, WhatAServerWritesForNothingIsNothing) {
  server.answer(batch_path(), {.body = R"({"transfer": null, "hash_algo": "", "objects": [{"oid": ")" + oid() +
                                       R"(", "authenticated": null, "error": {"code": 0}, "actions": {"download": )" +
                                       R"({"href": ")" + server.url("content/" + oid()) +
                                       R"(", "header": null}}}, {"error": null}]})"});
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(header(server.contents().at(0), "authorization"), login);
}

TEST_P(LargeFilesTest, AFileThatIsTooLargeIsNotAskedFor) {
  EXPECT_EQ(big(R"("fileBytesMax": 299999)"), "git.file-too-large") << why();
  write("big", "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid() + "\nsize 9223372036854775807\n");
  revision = commit("huge");
  EXPECT_EQ(big(), "git.file-too-large") << why();
  EXPECT_EQ(big(R"("fileBytesMax": 9223372036854775807)"), "git.cache-full") << why();
  EXPECT_TRUE(server.batches().empty());
}

TEST_P(LargeFilesTest, TheLongestUnusedIsDroppedWhenThereIsNoRoom) {
  std::vector<std::string> contents;
  for (const char letter : {'a', 'b', 'c'}) {
    contents.emplace_back(300000, letter);
    server.keep(contents.back());
    write(std::string(1, letter), lfs_pointer(contents.back()));
  }
  revision = commit("three");
  create(server.url("repo"), settings(R"("cacheBytesMax": 700000)"));
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  const auto asked_for = [&](std::size_t i) { return server.asked("/content/" + sha256(contents[i])).size(); };
  EXPECT_EQ(read("a"), contents[0]) << why();
  EXPECT_EQ(read("b"), contents[1]) << why();
  for (const fs::path& path : kept()) fs::last_write_time(path, long_ago);
  EXPECT_EQ(read("a"), contents[0]);
  EXPECT_EQ(read("c"), contents[2]) << why();
  EXPECT_EQ(kept().size(), 2u);
  EXPECT_EQ(read("a"), contents[0]);
  EXPECT_EQ(asked_for(0), 1u) << "it was used last";
  EXPECT_EQ(read("b"), contents[1]);
  EXPECT_EQ(asked_for(1), 2u);
}

TEST_P(LargeFilesTest, WhatWasChangedOnTheDiskIsFetchedAgain) {
  EXPECT_EQ(big(), "the content") << why();
  ASSERT_EQ(kept().size(), 1u);
  const fs::path path = kept()[0];
  std::string changed = content;
  changed[0] ^= 1;
  const std::function<void()> harms[] = {[&] { git_servers::write_text(path, changed); },
                                         [&] { fs::resize_file(path, 1000); },
                                         [&] { git_servers::write_text(path, content + "x"); },
                                         [&] { fs::remove(path); },
                                         [&] {
                                           fs::remove(path);
                                           fs::create_symlink("/dev/zero", path);
                                         },
                                         [&] {
                                           fs::remove(path);
                                           fs::create_directories(path / "deep");
                                         }};
  std::size_t fetches = 1;
  for (const auto& harm : harms) {
    harm();
    EXPECT_EQ(big_again(), "the content") << why();
    EXPECT_EQ(server.contents().size(), ++fetches);
    EXPECT_EQ(kept(), std::vector<fs::path>{path});
  }
}

TEST_P(LargeFilesTest, TwoThatWantTheSameFetchItOnce) {
  have_the_repository();
  const std::string config = R"({"settings": )" + settings() + R"(, "use": {"repo": ")" + server.url("repo") +
                             R"(", "lfs": true, "auth": {}}, "state": ")" + (root / "state").string() + R"("})";
  const auto one = [&](std::string& got) {
    FakeHost own_host;
    FakeCall own_call;
    CollectedBytes bytes;
    stoker_source* own_source = nullptr;
    stoker_tree* own_tree = nullptr;
    table->create(own_host.raw(), own_call.raw(), str(config), &own_source);
    if (table->open(own_source, own_call.raw(), str(revision), &own_tree) == STOKER_OK &&
        table->read(own_tree, own_call.raw(), str("big"), bytes.sink()) == STOKER_OK)
      got = bytes.bytes;
    if (own_tree) table->close(own_tree);
    table->destroy(own_source);
  };
  std::string got[4];
  {
    std::vector<std::jthread> all;
    for (std::string& to : got) all.emplace_back([&one, &to] { one(to); });
  }
  for (const std::string& each : got) EXPECT_TRUE(each == content);
  EXPECT_EQ(server.contents().size(), 1u);
  EXPECT_EQ(kept().size(), 1u);
}

// Another process is one that holds the lock, and one that died is one that left its file.
TEST_P(LargeFilesTest, AnotherProcessIsWaitedForAndADeadOneIsNot) {
  EXPECT_EQ(big(), "the content") << why();
  const fs::path incoming = kept().at(0).parent_path() / "incoming";
  fs::remove(kept()[0]);
  git_servers::write_text(incoming, "half of something");
  {
    child::Child holder({"flock", "-F", "-x", incoming.string(), "sh", "-c", "echo has it; exec sleep 100"},
                        root / "holder");
    while (git_servers::text_of(root / "holder").empty() && holder.alive()) std::this_thread::yield();
    EXPECT_EQ(big(R"("fetchTimeout": "300ms")"), "git.timeout") << why();
    EXPECT_NE(why().find("waiting"), std::string::npos) << why();
    holder.kill_now();
  }
  EXPECT_EQ(big(), "the content") << why();
  EXPECT_EQ(kept().size(), 1u);
}

TEST_P(LargeFilesTest, AStateThatCannotBeWrittenIsSaid) {
  have_the_repository();
  git_servers::write_text(root / "state/lfs", "a file where the folder would be");
  EXPECT_EQ(big(), "git.state-not-writable") << why();
}

// pitfalls B10
TEST_P(LargeFilesTest, MemoryDoesNotGrowWithTheFile) {
  const std::string block(1 << 20, 'x');
  constexpr std::size_t times = 64;
  std::shared_ptr<EVP_MD_CTX> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  for (std::size_t i = 0; i < times; ++i) EVP_DigestUpdate(hash.get(), block.data(), block.size());
  unsigned char digest[32];
  EVP_DigestFinal_ex(hash.get(), digest, nullptr);
  std::string name;
  for (const unsigned char byte : digest)
    for (const int digit : {byte >> 4, byte & 15}) name += "0123456789abcdef"[digit];
  write("huge", "version https://git-lfs.github.com/spec/v1\noid sha256:" + name + "\nsize " +
                    std::to_string(block.size() * times) + "\n");
  revision = commit("huge");
  server.answer(batch_path(), {.body = download_from(server.url("content/" + name), "", name)});
  server.answer("/content/", {.body = block, .times = times});
  create(server.url("repo"), settings());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  std::uint64_t total = 0;
  const stoker_byte_sink counted{&total, [](void* to, const std::uint8_t*, std::size_t count) -> stoker_status {
                                   *static_cast<std::uint64_t*>(to) += count;
                                   return STOKER_OK;
                                 }};
  const PeakMemory memory;
  for (const char* what : {"64 MiB fetched", "64 MiB read again"}) {
    total = 0;
    EXPECT_EQ(table->read(tree, call.raw(), str("huge"), counted), STOKER_OK) << why();
    EXPECT_EQ(total, block.size() * times);
    memory.expect_below(4, what);  // with what the server takes, which is in this process
  }
}

TEST_P(LargeFilesTest, OverSshTheServerSaysWhereAndWithWhat) {
  git_servers::write_text(root / "serve",
                          "case $SSH_ORIGINAL_COMMAND in\n"
                          "  \"git-lfs-authenticate '/repo' download\") cat " +
                              (root / "said").string() +
                              ";;\n"
                              "  git-upload-pack*) exec git-upload-pack " +
                              repo.string() +
                              ";;\n"
                              "  *) echo unknown command >&2; exit 1;;\nesac\n");
  SshGitServer ssh(root, {.instead = "/bin/sh " + (root / "serve").string()});
  const auto say = [&](const std::string& href) {
    git_servers::write_text(
        root / "said",
        R"({"href": ")" + href + R"(", "header": {"Authorization": "RemoteAuth canary-ssh"}, "expires_in": 60})");
  };
  create(ssh.url("repo"), settings(), object({{"sshKey", ssh.user_key_text()}, {"knownHosts", ssh.known_hosts()}}));
  say(server.url("team/repo.git/info/lfs/"));
  EXPECT_EQ(opened_big(), "the content") << why() << ssh.log();
  ASSERT_EQ(server.batches().size(), 1u);
  EXPECT_EQ(server.batches()[0].target, "/team/repo.git/info/lfs/objects/batch");
  EXPECT_EQ(header(server.batches()[0], "authorization"), "RemoteAuth canary-ssh")
      << "no token that is for another URL";
  EXPECT_EQ(header(server.contents().at(0), "authorization"), "RemoteAuth canary-ssh");
  fs::remove_all(root / "state/lfs");
  other.keep(content);
  server.send_to(other.url("").substr(0, other.url("").size() - 1));
  EXPECT_EQ(big_again(), "the content") << why();
  EXPECT_EQ(header(other.contents().at(0), "authorization"), "");
  fs::remove_all(root / "state/lfs");
  for (const std::string& href :
       {git_server.url("repo"), std::string(), server.url("x?y=z"), std::string("ssh://127.0.0.1/x")}) {
    say(href);
    EXPECT_EQ(big_again(), "git.lfs-answer") << href << why();
  }
  say(server.url("x"));
  server.answer("/x/", {.status = 401});
  EXPECT_EQ(big_again(), "git.forbidden") << "there is no other login to give: " << why();
  git_servers::write_text(root / "said", std::string(100000, ' '));
  EXPECT_EQ(big_again(), "git.answer-too-large") << why();
  fs::remove(root / "said");
  EXPECT_EQ(big_again(), "git.lfs-no-server") << why();
  EXPECT_FALSE(is_told("canary"));
}

TEST_P(LargeFilesTest, OverSshAServerWithoutItIsSaid) {
  SshGitServer ssh(root);
  create(ssh.url("repo"), "{}", object({{"sshKey", ssh.user_key_text()}, {"knownHosts", ssh.known_hosts()}}));
  EXPECT_EQ(opened_big(), "git.lfs-no-server") << why() << ssh.log();
  EXPECT_NE(why().find("only git-upload-pack is served here"), std::string::npos) << why();
}

TEST_P(LargeFilesTest, AFolderHereHasItsContentBesideIt) {
  const std::string place = "lfs/objects/" + oid().substr(0, 2) + "/" + oid().substr(2, 2);
  create("file://" + repo.string(), R"({"allowFile": true})");
  EXPECT_EQ(opened_big(), "git.lfs-object-missing") << why();
  for (const fs::path& folder : {repo / ".git" / place, repo / place}) {
    fs::create_directories(folder);
    git_servers::write_text(folder / oid(), content);
    EXPECT_EQ(big_again(), "the content") << why();
    git_servers::write_text(folder / oid(), "something");
    EXPECT_EQ(big_again(), "git.lfs-damaged") << why();
    fs::remove(folder / oid());
  }
  EXPECT_TRUE(kept().empty()) << "no copy is made";
}

TEST_P(LargeFilesTest, InTheClearThereIsNoLoginAndTheWayUpIsTaken) {
  LfsServer plain(std::nullopt, git_server.url("").substr(0, git_server.url("").size() - 1));
  plain.keep(content);
  create(plain.url("repo"), settings());
  EXPECT_EQ(opened_big(), "the content") << why();
  EXPECT_EQ(header(plain.batches().at(0), "authorization") + header(plain.contents().at(0), "authorization"), "");
  fs::remove_all(root / "state/lfs");
  other.keep(content);
  plain.send_to(other.url("").substr(0, other.url("").size() - 1));
  EXPECT_EQ(big_again(), "the content") << why();
  EXPECT_EQ(header(other.contents().at(0), "authorization"), "");
  fs::remove_all(root / "state/lfs");
  other.answer("/content/", {.status = 302, .headers = "Location: " + plain.url("content/" + oid()) + "\r\n"});
  EXPECT_EQ(big_again(), "git.redirect-refused") << why();
}

TEST_P(LargeFilesTest, ACancelledCallEndsAtOnceAndLeavesNothing) {
  server.answer("/content/", {.silent = true});
  create(server.url("repo"), settings());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  std::jthread canceller([this](const std::stop_token& over) {
    while (server.contents().empty() && !over.stop_requested()) std::this_thread::yield();
    call.cancel();
  });
  read("big");
  EXPECT_EQ(call.error()->kind, errc::cancelled) << why();
  EXPECT_TRUE(kept().empty());
}

TEST_P(LargeFilesTest, ASubmodulesContentIsThatOfItsOwnServer) {
  const fs::path at = root / "part";
  const std::string inside = "inside", git = "cd " + at.string() + " && git -c user.name=t -c user.email=t@t ";
  run("git init -q -b main " + at.string());
  git_servers::write_text(at / "deep", lfs_pointer(inside));
  run(git + "add -A && " + git + "commit -q -m c");
  write(".gitmodules", "[submodule \"part\"]\n\tpath = part\n\turl = ../part\n");
  this->git("add .gitmodules");
  this->git("update-index --add --cacheinfo 160000," + run(git + "rev-parse HEAD") + ",part");
  this->git("commit -q -m links");
  server.keep(inside);
  use = R"("lfs": true, "submodules": true)";
  create(server.url("repo"), settings());
  ASSERT_EQ(open(this->git("rev-parse HEAD")), STOKER_OK) << why();
  EXPECT_EQ(read("part/deep"), inside) << why();
  EXPECT_EQ(read("big"), content) << why();
  EXPECT_EQ(server.asked("/part.git/info/lfs/objects/batch").size(), 1u);
  EXPECT_EQ(server.asked(batch_path()).size(), 1u);
  EXPECT_NE(kept().at(0).parent_path(), kept().at(1).parent_path()) << "each has its own folder";
}

TEST_P(LargeFilesTest, TheGitProtocolHasNone) {
  git_servers::GitDaemon daemon(root);
  create(daemon.url("repo"));
  EXPECT_EQ(opened_big(), "git.lfs-no-server") << why();
}

INSTANTIATE_TEST_SUITE_P(Backends, LargeFilesTest, ::testing::Values("libgit2"), backend_name);

TEST(LfsPointerTest, IsReadAsGitLfsReadsItAndNoOther) {
  const std::string v1 = "version https://git-lfs.github.com/spec/v1\n", id(64, 'a'), oid = "oid sha256:" + id + "\n";
  const std::string size = "size 12345\n";
  const std::string good[] = {v1 + oid + size,
                              "version https://hawser.github.com/spec/v1\n" + oid + size,
                              "version http://git-media.io/v/2\n" + oid + size,
                              v1 + oid + "size 12345",
                              "\n" + v1 + "\n" + oid + size + "\n\n",
                              "version https://git-lfs.github.com/spec/v1\r\noid sha256:" + id + "\r\nsize 12345\r\n"};
  for (const std::string& text : good) {
    const auto pointer = git::read_pointer(text);
    ASSERT_TRUE(pointer) << text;
    EXPECT_EQ(pointer->oid, id) << text;
    EXPECT_EQ(pointer->bytes, 12345u) << text;
    EXPECT_TRUE(git::looks_like_pointer(text)) << text;
  }
  EXPECT_EQ(git::read_pointer(v1 + oid + "size 0\n")->bytes, 0u);
  EXPECT_EQ(git::read_pointer(v1 + oid + "size 9223372036854775807\n")->bytes, 9223372036854775807u);
  const std::string bad[] = {v1,
                             v1 + oid,
                             v1 + size + oid,
                             v1 + oid + size + "more 1\n",
                             v1 + oid + size + size,
                             v1 + "ext-0-foo sha256:" + id + "\n" + oid + size,
                             v1 + oid + "ext-0-foo sha256:" + id + "\n" + size,
                             v1 + oid + "size -1\n",
                             v1 + oid + "size +1\n",
                             v1 + oid + "size 1x\n",
                             v1 + oid + "size \n",
                             v1 + oid + "size  1\n",
                             v1 + oid + "size 9223372036854775808\n",
                             v1 + oid + "size 99999999999999999999999999\n",
                             v1 + "oid sha256:" + std::string(64, 'A') + "\n" + size,
                             v1 + "oid sha256:" + std::string(63, 'a') + "\n" + size,
                             v1 + "oid sha256:" + std::string(65, 'a') + "\n" + size,
                             v1 + "oid sha256:" + std::string(61, 'a') + "/..\n" + size,
                             v1 + "oid sha512:" + id + "\n" + size,
                             v1 + "oid " + id + "\n" + size,
                             "version https://git-lfs.github.com/spec/v2\n" + oid + size,
                             "version https://git-lfs.github.com/spec/v10\n" + oid + size,
                             "version  https://git-lfs.github.com/spec/v1\n" + oid + size,
                             v1 + oid + size + std::string(1, '\0'),
                             v1 + oid + "size 1" + std::string(1024 - 114, ' ')};
  for (const std::string& text : bad) EXPECT_FALSE(git::read_pointer(text)) << text;
  const std::string others[] = {"",
                                "version 1\n",
                                "oid sha256:" + id,
                                "version https://example.com/spec/v1\n",
                                "Version https://git-lfs.github.com/spec/v1\n" + oid + size,
                                v1 + std::string(1024, 'x')};
  for (const std::string& text : others) EXPECT_FALSE(git::looks_like_pointer(text)) << text;
  EXPECT_TRUE(git::looks_like_pointer("version https://git-lfs.github.com/spec/v2\nanything"));
  EXPECT_TRUE(git::looks_like_pointer(v1));
  EXPECT_LT((v1 + oid + size).size(), git::pointer_bytes_max);
}

}  // namespace
}  // namespace stoker::git_test
