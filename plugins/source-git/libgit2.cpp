#include "libgit2.hpp"

#include <mutex>
#include <stdexcept>

namespace stoker::git {
namespace {

// What of a pack may be mapped at once. A tree is walked once and then kept as a list, so that nothing is gained by
// more, nor by parsed objects that stay in memory: their default is 256 MiB.
constexpr std::size_t window_bytes = 1 << 20, windows_bytes_max = 16 << 20;

// A pack's header alone makes libgit2 set aside 8 bytes for every object that it announces, up to four thousand
// million.
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
    // Nothing of a repository is ever run here, and volumes of containers often belong to another user.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // Its own TLS is not used: it shall trust nobody, and not keep the system's authorities in memory. It reads the
    // certificates of a folder; this one has folders only.
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
