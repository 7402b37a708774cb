// `stoker completion`: the scripts for shells, and the words that these ask for. [main thread]
#pragma once

#include "host/commands/host_client.hpp"

namespace stoker::host {

// What the command line knows, as a tree; main makes it from the arguments that it reads.
struct CommandWords {
  struct Option {
    std::vector<std::string> names;  // "--output", "-o"
    bool has_value = false;
    bool is_file = false;  // its value is one
  };
  std::string name;
  std::vector<Option> options;
  bool takes_files = false;  // among its other words
  std::vector<CommandWords> below;
};

// Exit codes: ok, bad usage.
int completion(const std::string& shell, std::ostream& out, std::ostream& err);
// A line for each word that may stand in the place of the last of `words`; ":files" where the shell is to complete
// names of files. Kinds are known; names are asked for over the socket, and without a host there are none.
int complete(const CommandWords& all, const std::vector<std::string>& words, std::ostream& out);

}  // namespace stoker::host
