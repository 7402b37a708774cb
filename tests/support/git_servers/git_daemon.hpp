// `git daemon` for all repositories below a folder. Owned by the test's main thread.
#pragma once

#include "git_settings.hpp"
#include "private_folder.hpp"
#include "server_process.hpp"

namespace git_servers {

class GitDaemon {
 public:
  explicit GitDaemon(const std::filesystem::path& repositories, const GitSettings& settings = {});
  std::string url(const std::string& name) const { return "git://127.0.0.1:" + port_.text() + "/" + name; }
  void stop() { process_.stop(); }
  std::string log() const { return process_.log(); }

 private:
  PrivateFolder folder_{"git-daemon"};
  Port port_;
  ServerProcess process_;
};

}  // namespace git_servers
