// Runs the program git for two tasks, in a process with limits that can be killed. It reads a large file in pieces,
// while libgit2 would have it whole in memory. And it fetches, only one commit where that is enough. It has no access
// to the network and no credentials: the peers of this plugin carry its requests to the server and bring back the
// answers. Used on the thread of the call.
#pragma once

#include "conversation.hpp"

#include <filesystem>
#include <functional>

namespace stoker::git {

enum class Depth { one_commit, whole };

struct GitFetch {
  std::filesystem::path into;  // a bare repository
  std::vector<std::string> refspecs;
  Depth depth = Depth::whole;
  std::uint64_t bytes_max = 0;  // limit of one pack
};

// The conversation has to be one of version 2. Fails with git.refused (the server has no such object or ref),
// git.cache-full, git.pack-too-large, git.program-missing, git.state-not-writable, those of the conversation and of the
// bound.
Result<void> fetch_by_program(Conversation& conversation, const GitFetch& fetch, const Bound& bound);

// Reads a blob of a bare repository. The bytes are not checked; the caller does that. Fails with git.refused,
// git.program-missing, and the errors of the bound and of the receiver.
using Piece = std::function<Result<void>(std::string_view)>;
Result<void> read_by_program(const std::filesystem::path& repository, const std::string& blob, const Bound& bound,
                             const Piece& take);

}  // namespace stoker::git
