// How a server's git is set, whatever the machine's and the repository's configuration says.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace git_servers {

using GitSettings = std::vector<std::pair<std::string, std::string>>;  // {"uploadpack.allowAnySHA1InWant", "true"}

// As variables of the environment, for a process that becomes git.
inline std::vector<std::pair<std::string, std::string>> environment_of(const GitSettings& settings) {
  std::vector<std::pair<std::string, std::string>> variables{{"GIT_CONFIG_NOSYSTEM", "1"},
                                                             {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                             {"HOME", "/nonexistent"},
                                                             {"GIT_CONFIG_COUNT", std::to_string(settings.size())}};
  for (std::size_t i = 0; i < settings.size(); ++i) {
    variables.emplace_back("GIT_CONFIG_KEY_" + std::to_string(i), settings[i].first);
    variables.emplace_back("GIT_CONFIG_VALUE_" + std::to_string(i), settings[i].second);
  }
  return variables;
}

}  // namespace git_servers
