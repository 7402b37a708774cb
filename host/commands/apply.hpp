// `stoker apply` and `stoker delete`: make objects what files say, and remove them. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"
#include "host/commands/object_text.hpp"

namespace stoker::host {

struct ApplyOptions : ClientOptions {
  std::vector<std::string> files;  // files, folders, "-"
  bool name_space_is_said = false;
  ObjectOutput output = ObjectOutput::text;
};

// A file with a mistake is not applied at all; the others are. Exit codes: ok, failed, bad usage (a mistake, also one
// that the host found), timeout, denied, unavailable.
int apply(const ApplyOptions& options, std::istream& in, std::ostream& out, std::ostream& err);

struct DeleteOptions : ApplyOptions {
  std::vector<std::string> what;  // "gs a b", or "gs/a st/b"; or files
  bool missing_is_fine = false;
};

// Exit codes: ok, not found or bad usage, timeout, denied, unavailable.
int remove(const DeleteOptions& options, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
