// `stoker describe`: objects in sections for people. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"
#include "host/commands/object_text.hpp"

namespace stoker::host {

struct DescribeOptions : ClientOptions {
  std::vector<std::string> what;             // "gs", "gs a b", or "gs/a st/b"
  ObjectOutput output = ObjectOutput::text;  // or json, yaml
};

// Exit codes: ok, not found or bad usage, timeout, denied, unavailable.
int describe(const DescribeOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
