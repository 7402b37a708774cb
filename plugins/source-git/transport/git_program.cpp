#include "git_program.hpp"

#include "child_stream.hpp"

namespace stoker::git {
namespace {

constexpr std::size_t request_bytes_max = 64 << 20;
constexpr std::uint64_t memory_max = 1u << 30;  // stops deltas that unpack to gigabytes

// Ignores all settings of git and of the machine, turns off everything that is not asked for, and saves memory.
Program git_for(const std::filesystem::path& repository) {
  std::vector<std::string> arguments = {"git", "--git-dir=" + repository.string()};
  for (const char* setting :
       {"protocol.version=2", "safe.directory=*", "core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false",
        "fetch.unpackLimit=1", "fetch.writeCommitGraph=false", "core.bigFileThreshold=16m", "pack.threads=1",
        "core.packedGitWindowSize=1m", "core.packedGitLimit=16m", "core.deltaBaseCacheLimit=8m", "advice.all=false"})
    arguments.insert(arguments.end(), {"-c", setting});
  return {.arguments = std::move(arguments),
          .environment = {"HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
                          "GIT_ALLOW_PROTOCOL=fd", "GIT_TERMINAL_PROMPT=0"},
          .missing_code = "git.program-missing",
          .remedy = "install git, or set settings.backend of the module to libgit2",
          .memory_max = memory_max};
}

Program program_for(const GitFetch& fetch) {
  Program program = git_for(fetch.into);
  std::vector<std::string>& arguments = program.arguments;
  arguments.insert(arguments.end(), {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                                     "--no-recurse-submodules", "--no-show-forced-updates", "--force"});
  std::error_code bad;
  if (fetch.depth == Depth::one_commit)
    arguments.push_back("--depth=1");
  else if (std::filesystem::exists(fetch.into / "shallow", bad))
    arguments.push_back("--unshallow");
  arguments.insert(arguments.end(), {"--end-of-options", "fd::3"});
  arguments.insert(arguments.end(), fetch.refspecs.begin(), fetch.refspecs.end());
  program.on_third = true;
  program.file_max = fetch.bytes_max;
  return program;
}

// Reads one request with its packets; empty: git needs nothing more.
Result<std::string> read_request(ByteStream& git) {
  std::string request;
  for (;;) {
    auto packet = read_packet_or_end(git);
    if (!packet) return std::move(packet).error();
    if (!*packet) return std::string();
    request += (*packet)->bytes;
    if (request.size() > request_bytes_max)
      return Error(errc::exhausted, "the request is larger than 64 MiB", "git.request-too-large");
    if ((*packet)->kind == Packet::Kind::flush) break;
  }
  return request == flush_packet ? std::string() : request;
}

bool is_lost(const Error& error) { return error.code == "git.connection-lost"; }

// Carries requests and answers until git has what it needs, or has ended. Its exit code tells why it ended.
Result<void> carry(Conversation& conversation, ChildStream& git) {
  bool ended = false;
  const auto to_git = [&](std::string_view bytes) -> Result<void> {
    auto sent = git.write(bytes);
    ended = !sent && is_lost(sent.error());
    return sent;
  };
  auto carried = to_git(conversation.capabilities());
  while (carried) {
    auto request = read_request(git);
    if (!request && is_lost(request.error())) return {};
    if (!request) return std::move(request).error();
    if (request->empty()) return {};
    carried = conversation.ask(*request, [&](const Packet& packet) { return to_git(packet.bytes); });
  }
  if (ended) return {};
  return carried;
}

Error failed(const ChildStream& git) {
  const auto has = [&](std::string_view words) { return git.said().find(words) != std::string::npos; };
  if (has("File too large"))
    return Error(errc::exhausted, "the fetch is larger than settings.cacheBytesMax", "git.cache-full");
  if (has("ut of memory") || has("Cannot allocate memory"))
    return Error(errc::exhausted, "git needs more than 1 GiB of memory for what the server sends",
                 "git.pack-too-large");
  if (has("No space left")) return Error(errc::exhausted, "the volume of the state is full", "git.state-not-writable");
  return Error(errc::conflict, "git: " + git.last_line(), "git.refused");
}

}  // namespace

Result<void> fetch_by_program(Conversation& conversation, const GitFetch& fetch, const Bound& bound) {
  auto git = ChildStream::start(program_for(fetch), bound);
  if (!git) return std::move(git).error();
  if (auto carried = carry(conversation, **git); !carried) return carried;
  auto code = (*git)->ended();
  if (!code) return std::move(code).error();
  if (*code == 0) return {};
  return failed(**git);
}

Result<void> read_by_program(const std::filesystem::path& repository, const std::string& blob, const Bound& bound,
                             const Piece& take) {
  Program program = git_for(repository);
  program.arguments.insert(program.arguments.end(), {"cat-file", "blob", blob});
  auto git = ChildStream::start(program, bound);
  if (!git) return std::move(git).error();
  std::string bytes(STOKER_CHUNK_BYTES_MAX, '\0');
  for (;;) {
    auto got = (*git)->read(bytes.data(), bytes.size());
    if (!got) return std::move(got).error();
    if (*got == 0) break;
    if (auto taken = take({bytes.data(), *got}); !taken) return taken;
  }
  auto code = (*git)->ended();
  if (!code) return std::move(code).error();
  if (*code == 0) return {};
  return failed(**git);
}

}  // namespace stoker::git
