// What the git program does in our place, in a process that can be bounded and killed. It reads a large file in pieces,
// which libgit2 has whole in memory. It fetches: a history of one commit where that is enough, reaching no network and
// knowing no credentials: what it asks is carried to the server by our own peers, and answers come back the same way.
// One call's thread.
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
  std::uint64_t bytes_max = 0;  // of one pack
};

// The conversation is one of version 2. Failures: git.refused (the server has no such object or ref), git.cache-full,
// git.pack-too-large, git.program-missing, git.state-not-writable, those of the conversation and of the bound.
Result<void> fetch_by_program(Conversation& conversation, const GitFetch& fetch, const Bound& bound);

// The bytes of a blob in a bare repository, as they are there: whoever takes them checks them. git.refused,
// git.program-missing, and those of the bound and of the taker.
using Piece = std::function<Result<void>(std::string_view)>;
Result<void> read_by_program(const std::filesystem::path& repository, const std::string& blob, const Bound& bound,
                             const Piece& take);

}  // namespace stoker::git
