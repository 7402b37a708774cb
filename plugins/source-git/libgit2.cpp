#include "libgit2.hpp"

#include <mutex>
#include <stdexcept>

namespace stoker::git {
namespace {

// How much of a pack may be mapped at once. Little is enough, because a tree is walked once and then kept as a list.
// For the same reason parsed objects are not cached below, which would take up to 256 MiB.
constexpr std::size_t window_bytes = 1 << 20, windows_bytes_max = 16 << 20;

// libgit2 allocates 8 bytes for each object that the header of a pack announces, and a header may announce four
// thousand million.
constexpr std::size_t pack_objects_max = 10'000'000;

}  // namespace

void start_libgit2() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (git_libgit2_init() < 0) throw std::runtime_error("git: libgit2 does not start: " + last_message());
    for (int level :
         {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
    // The check of the owner is off: nothing of a repository is ever executed, and volumes often belong to another
    // user.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // TLS of libgit2 is not used. So it gets a folder without certificates, in order to trust nobody and not to load
    // the authorities of the system into memory.
    git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, nullptr, "/proc/self/task");
    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, pack_objects_max);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, window_bytes);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, windows_bytes_max);
  });
}

git_oid oid(std::string_view forty_hex) {
  git_oid id{};
  git_oid_fromstrn(&id, forty_hex.data(), forty_hex.size());
  return id;
}

std::string hex(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text;
}

std::string last_message() {
  constexpr std::size_t bytes_max = 300;
  const git_error* last = git_error_last();
  std::string text = last && last->message ? std::string(last->message).substr(0, bytes_max) : "no reason given";
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return text;
}

}  // namespace stoker::git
