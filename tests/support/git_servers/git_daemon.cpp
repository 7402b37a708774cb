// See git_daemon.hpp.
#include "git_daemon.hpp"

namespace git_servers {
namespace {

child::Arguments arguments(const std::filesystem::path& repositories, const Port& port, const GitSettings& settings) {
  child::Arguments all{"env"};
  for (const auto& [name, value] : environment_of(settings)) all.push_back(name + "=" + value);
  for (const char* one : {"git", "daemon", "--listen=127.0.0.1", "--export-all", "--reuseaddr", "--verbose"})
    all.emplace_back(one);
  all.push_back("--port=" + port.text());
  all.push_back("--base-path=" + repositories.string());
  return all;
}

}  // namespace

GitDaemon::GitDaemon(const std::filesystem::path& repositories, const GitSettings& settings)
    : process_(arguments(repositories, port_, settings), folder_ / "log", port_) {}

}  // namespace git_servers
