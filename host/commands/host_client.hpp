// How a command reaches the host that runs, and what its failures mean to whoever called the command. [main thread]
#pragma once

#include "host/api/object_client.hpp"
#include "host/commands/exit_code.hpp"

#include <iosfwd>

namespace stoker::host {

struct ClientOptions {
  std::filesystem::path socket;  // empty: see socket_for
  std::filesystem::path config = "/etc/stoker/stoker.yaml";
  std::string name_space = "default";
  bool all_name_spaces = false;
  bool json = false;
  bool colours = false;  // standard output is a terminal
};

// The socket that was named; else that of STOKER_SOCKET; else the one in the state folder of the configuration, of
// which nothing else is read. errc::invalid: there is no telling.
Result<std::filesystem::path> socket_for(const ClientOptions& options);
// The one in the state folder of this configuration.
Result<std::filesystem::path> socket_of_config(const std::filesystem::path& config);
Result<ObjectClient> client_for(const ClientOptions& options);

// The exit code for a request that failed.
int exit_code_for(const Error& error);
// Prints the error and returns its exit code.
int say_refusal(const Error& error, std::ostream& err);

// What a person calls an object: "gs/line-a", or a kind and names. `kind`: null when it is none.
struct NamedObjects {
  const Kind* kind = nullptr;
  std::vector<std::string> names;
};
// One of these words, or a category such as "stokers"; null: it is none.
const Kind* kind_or_category(const std::string& word);
// "gs", "gs a b", "gs/a st/b". errc::invalid says which word is no kind.
Result<std::vector<NamedObjects>> named_objects(const std::vector<std::string>& words);

}  // namespace stoker::host
