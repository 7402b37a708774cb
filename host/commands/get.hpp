// `stoker get` and `stoker events`: show objects, and follow what happens to them. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"
#include "host/commands/object_text.hpp"

namespace stoker::host {

struct GetOptions : ClientOptions {
  std::vector<std::string> what;  // "gs", or "gs a b", or "gs/a st/b"
  std::string labels;             // a selector
  ObjectOutput output = ObjectOutput::text;
  bool watch = false;  // go on, with a line for each change
};

// Exit codes: ok, not found or bad usage, timeout, denied, unavailable.
int get(const GetOptions& options, std::ostream& out, std::ostream& err);
// Those about one object ("gs/line-a", or a name of any kind) or all, oldest first.
int events(const GetOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
