// Fetches by the git program: a history of one commit where that is enough, in a process that can be bounded and
// killed. It reaches no network and knows no credentials: what it asks is carried to the server by our own peers, and
// answers come back the same way. One call's thread.
#pragma once

#include "conversation.hpp"

#include <filesystem>

namespace stoker::git {

enum class Depth { one_commit, whole };

struct GitFetch {
  std::filesystem::path into;  // a bare repository
  std::vector<std::string> refspecs;
  Depth depth = Depth::whole;
  std::uint64_t bytes_max = 0;  // of one pack
};

// The conversation is one of version 2. Failures: git.refused (the server has no such object or ref), git.cache-full,
// git.pack-too-large, git.program-missing, git.state-not-writable, those of the conversation and of the bound.
Result<void> fetch_by_program(Conversation& conversation, const GitFetch& fetch, const Bound& bound);

}  // namespace stoker::git
