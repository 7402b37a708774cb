// A repository made by the real git program, a git daemon before it, and the built plugin driven through its C table.
#pragma once

#include <stoker/source.hpp>
#include <stoker/testing/fake_host.hpp>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace stoker::git_test {

namespace fs = std::filesystem;
using testing::Collected;
using testing::CollectedBytes;
using testing::FakeCall;
using testing::FakeHost;

inline std::string run(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  for (char part[512]; std::fgets(part, sizeof part, pipe);) out += part;
  if (::pclose(pipe) != 0) throw std::runtime_error(command + ": " + out);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

// git daemon on a port of its own, for all below a folder.
class Daemon {
 public:
  explicit Daemon(const fs::path& root) {
    for (int tries = 0; tries < 20 && port_ == 0; ++tries) start(root);
    if (port_ == 0) throw std::runtime_error("git daemon does not start");
  }
  ~Daemon() { stop(); }
  std::string url(const std::string& name) const { return "git://127.0.0.1:" + std::to_string(port_) + "/" + name; }
  void stop() {
    if (child_ <= 0) return;
    ::kill(-child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

 private:
  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
  }
  static bool listens(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool there = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return there;
  }
  void start(const fs::path& root) {
    const int port = free_port();
    const std::string listen = "--port=" + std::to_string(port), base = "--base-path=" + root.string();
    child_ = ::fork();
    if (child_ == 0) {
      ::setpgid(0, 0);
      ::execlp("git", "git", "daemon", "--listen=127.0.0.1", listen.c_str(), base.c_str(), "--export-all",
               "--reuseaddr", "--log-destination=none", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::setpgid(child_, child_);
    while (::waitpid(child_, nullptr, WNOHANG) == 0) {
      if (listens(port)) {
        port_ = port;
        return;
      }
      ::usleep(2000);  // the child says by listening that it is ready
    }
    child_ = 0;
  }
  pid_t child_ = 0;
  int port_ = 0;
};

class GitFixture : public ::testing::Test {
 protected:
  GitFixture() {
    std::string name = fs::temp_directory_path() / "stoker-git-XXXXXX";
    root = ::mkdtemp(name.data());
    repo = root / "repo";
    run("git init -q -b main " + repo.string());
    void* library = ::dlopen(STOKER_PLUGIN_DIR "/source-git.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(::dlerror());
    const auto* plugin = static_cast<const stoker_plugin*>(::dlsym(library, "stoker_plugin_entry"));
    table = static_cast<const stoker_source_v1*>(plugin->query(str(STOKER_SOURCE_ID)));
  }
  ~GitFixture() override {
    close();
    std::error_code bad;
    fs::remove_all(root, bad);
  }

  std::string git(const std::string& arguments) const {
    return run("cd " + repo.string() + " && GIT_CONFIG_NOSYSTEM=1 HOME=" + root.string() +
               " git -c user.name=t -c user.email=t@t -c commit.gpgsign=false " + arguments);
  }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((repo / path).parent_path());
    std::ofstream(repo / path, std::ios::binary) << text;
  }
  std::string commit(const std::string& message = "c") const {
    git("add -A");
    git("commit -q --allow-empty -m " + message);
    return git("rev-parse HEAD");
  }
  std::string file_url() const { return "file://" + repo.string(); }

  // `auth`: that of the Sync, as JSON.
  stoker_status create(const std::string& url, const std::string& settings = R"({"allowFile": true})",
                       const std::string& auth = "{}") {
    close();
    fs::create_directories(root / "state");
    const std::string config = R"({"settings": )" + settings + R"(, "use": {"repo": ")" + url + "\", " + use +
                               R"(, "auth": )" + auth + R"(}, "state": ")" + (root / "state").string() + R"("})";
    return table->create(host.raw(), call.raw(), str(config), &source);
  }
  void close_tree() {
    if (tree) table->close(tree);
    tree = nullptr;
  }
  void close() {
    close_tree();
    if (source) table->destroy(source);
    source = nullptr;
  }
  stoker_status resolve(const std::vector<std::string>& refs) {
    std::vector<stoker_str> texts;
    for (const std::string& ref : refs) texts.push_back(str(ref));
    resolved.items.clear();
    notes.items.clear();
    return table->resolve(source, call.raw(), texts.data(), texts.size(), resolved.sink(), notes.sink());
  }
  Resolved one(const std::string& ref) {
    if (resolve({ref}) != STOKER_OK || resolved.items.size() != 1) return {"failed: " + why(), "", {}};
    return resolved.items[0];
  }
  stoker_status open(const std::string& revision) {
    close_tree();
    return table->open(source, call.raw(), str(revision), &tree);
  }
  std::vector<std::string> paths(const std::string& under = "") {
    Collected<File> files;
    std::vector<std::string> found;
    if (table->list(tree, call.raw(), str(under), files.sink()) != STOKER_OK) return {"failed: " + why()};
    for (const File& file : files.items) found.push_back(file.path);
    return found;
  }
  std::string read(const std::string& path) {
    CollectedBytes bytes;
    if (table->read(tree, call.raw(), str(path), bytes.sink()) != STOKER_OK) return "failed: " + code();
    return bytes.bytes;
  }
  std::string content(const std::string& revision, const std::string& path) {
    return open(revision) == STOKER_OK ? read(path) : "failed: " + why();
  }
  std::string code() const { return call.error() ? call.error()->code : ""; }
  std::string why() const { return call.error() ? call.error()->code + " " + call.error()->message : ""; }
  fs::path cache() const {
    for (const auto& at : fs::directory_iterator(root / "state")) return at.path();
    return {};
  }

  fs::path root, repo;
  std::string use = R"("submodules": false)";  // more fields of what `create` is given, as JSON
  FakeHost host;
  FakeCall call;
  Collected<Resolved> resolved;
  Collected<Note> notes;
  const stoker_source_v1* table = nullptr;
  stoker_source* source = nullptr;
  stoker_tree* tree = nullptr;
};

}  // namespace stoker::git_test
