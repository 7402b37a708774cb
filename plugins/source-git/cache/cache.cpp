#include "cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

namespace stoker::git {
namespace fs = std::filesystem;
namespace {

constexpr auto lock_look = std::chrono::milliseconds(20);
constexpr std::size_t packs_max =
    64;  // with more packs the cache is made anew, because packs of dropped history are never removed from it
constexpr std::string_view mark_name = "current";
constexpr std::string_view lock_name = "lock";

const std::vector<std::string> branches_and_tags = {"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"};

std::string digest(std::string_view url) {
  git_oid id{};
  git_odb_hash(&id, url.data(), url.size(), GIT_OBJECT_BLOB);
  return hex(id);
}

bool has_commit(git_repository* repository, const git_oid& id) {
  int code = 0;
  const auto odb = make<OdbHandle>(code, git_repository_odb, repository);
  std::size_t bytes = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (!odb || git_odb_read_header(&bytes, &type, odb.get(), &id) < 0 || type != GIT_OBJECT_COMMIT) return false;
  if (bytes > commit_bytes_max) return true;  // the reader of the commit reports that it is too large
  const auto commit = make<CommitHandle>(code, git_commit_lookup, repository, &id);
  return commit && git_oid_equal(git_commit_id(commit.get()), &id);
}

struct PrefixSearch {
  std::string prefix;
  git_odb* odb;
  std::vector<std::string> found;
};

std::vector<std::string> commits_with(git_repository* repository, const std::string& prefix) {
  int code = 0;
  const auto odb = make<OdbHandle>(code, git_repository_odb, repository);
  if (!odb) return {};
  PrefixSearch search{prefix, odb.get(), {}};
  git_oid id{}, start = oid(prefix);
  const int first = git_odb_exists_prefix(&id, odb.get(), &start, prefix.size());
  if (first == 0 && has_commit(repository, id)) return {hex(id)};
  if (first != GIT_EAMBIGUOUS) return {};
  git_odb_foreach(
      odb.get(),
      [](const git_oid* one, void* to) {
        auto& into = *static_cast<PrefixSearch*>(to);
        const std::string name = hex(*one);
        std::size_t bytes = 0;
        git_object_t type = GIT_OBJECT_INVALID;
        if (name.starts_with(into.prefix) && git_odb_read_header(&bytes, &type, into.odb, one) == 0 &&
            type == GIT_OBJECT_COMMIT)
          into.found.push_back(name);
        return into.found.size() > 1 ? GIT_EUSER : 0;
      },
      &search);
  return search.found;
}

std::string owner() {
  std::string boot = "unknown";
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  return std::to_string(::getpid()) + " " + boot + "\n";
}

Error state_failure(const fs::path& path) {
  return Error(errc::exhausted, "git: " + path.string() + ": " + std::strerror(errno), "git.state-not-writable");
}

// The server refused this set of refs; another set may work.
bool another_may_do(const Error& error) { return error.code == "git.refused"; }

// An error of the network. A new cache would not help.
bool of_the_other_side(const Error& error) { return !another_may_do(error) || error.kind == errc::unreachable; }

}  // namespace

// The lock for changing the folder, among threads and processes. The kernel releases it when its owner dies. The file
// names the owner. A file that is not such a lock is removed.
class Cache::Lock {
 public:
  static Result<std::unique_ptr<Lock>> take(Cache& cache, const Bound& bound) {
    auto lock = std::unique_ptr<Lock>(new Lock);
    lock->here_ = std::unique_lock(cache.changing_, std::defer_lock);
    while (!lock->here_.try_lock_for(lock_look))
      if (auto may = bound.check(); !may) return std::move(may).error().in("waiting for another fetch");
    const fs::path path = cache.home_ / lock_name;
    std::error_code bad;
    fs::create_directories(cache.home_, bad);
    for (;;) {
      if (!lock->open(path)) return state_failure(path);
      if (::flock(lock->file_, LOCK_EX | LOCK_NB) == 0 && lock->is_still(path)) break;
      if (auto may = bound.check(); !may) return std::move(may).error().in("waiting for the fetch of another process");
      std::this_thread::sleep_for(lock_look);
    }
    const std::string me = owner();
    if (::ftruncate(lock->file_, 0) != 0 || ::write(lock->file_, me.data(), me.size()) < 0) return state_failure(path);
    return lock;
  }
  ~Lock() { shut(); }

 private:
  bool open(const fs::path& path) {
    shut();
    std::error_code bad;
    const auto type = fs::symlink_status(path, bad).type();
    if (type != fs::file_type::regular && type != fs::file_type::not_found) fs::remove_all(path, bad);
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (file_ < 0 && errno == EACCES && fs::remove(path, bad))
      file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    return file_ >= 0;
  }
  bool is_still(const fs::path& path) const {
    struct stat mine {
    }, there{};
    return ::fstat(file_, &mine) == 0 && ::lstat(path.c_str(), &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
  }
  void shut() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }
  std::unique_lock<std::timed_mutex> here_;
  int file_ = -1;
};

Cache::Cache(const fs::path& state, const Address& address, const Access& access, Quiet& quiet, Limits limits, Log log)
    : address_(address),
      access_(access),
      quiet_(quiet),
      limits_(limits),
      log_(log),
      home_(state / digest(address_.url)) {}

Result<Clone> Cache::open_here(const CacheMark& mark) const {
  int code = 0;
  Lease lease(home_ / mark.folder);  // taken before the folder is read
  auto repository = make<Repository>(code, git_repository_open_bare, (home_ / mark.folder).c_str());
  if (!repository)
    return Error(errc::conflict, "git: cache of " + address_.url + ": " + last_message(), "git.cache-damaged");
  return Clone{std::move(lease), std::move(repository), mark.folder};
}

std::optional<CacheMark> Cache::valid_mark(const Doubted& doubted, bool strict) const {
  auto mark = read_mark(home_ / mark_name);
  if (!mark || mark->url != address_.url || doubted.contains(mark->folder) || !fits(*mark, home_, strict))
    return std::nullopt;
  return mark;
}

bool Cache::has_room(const CacheMark& mark) const {
  return mark.bytes() <= limits_.bytes_max && mark.packs() < packs_max;
}

Result<Clone> Cache::open(Call& call, const std::string& revision, const std::string& known_as,
                          const Doubted& doubted) {
  const git_oid id = oid(revision);
  const Wanted has = [&](git_repository* repository) { return has_commit(repository, id); };
  if (const auto mark = valid_mark(doubted, false)) {
    auto clone = open_here(*mark);
    if (clone && has(clone->repository.get())) return clone;
  }
  Attempts attempts = {{{"+" + revision + ":refs/stoker/opened/" + revision}, Depth::one_commit}};
  if (!known_as.empty()) attempts.push_back({{"+" + known_as + ":refs/stoker/known/" + revision}, Depth::one_commit});
  attempts.push_back({branches_and_tags, Depth::whole});
  attempts.push_back({{"+refs/*:refs/stoker/all/*"}, Depth::whole});
  const Error absent(errc::not_found,
                     "git: " + address_.url + " does not have revision " + revision +
                         (known_as.empty() ? "" : " (which was " + known_as + ")") + " any more, or never had it",
                     "git.revision-not-found");
  return obtain(Bound(call, limits_.fetch), attempts, has, doubted, absent);
}

Result<std::vector<std::string>> Cache::commits(Call& call, const std::string& prefix) {
  std::vector<std::string> found;
  const Wanted has = [&](git_repository* repository) { return !(found = commits_with(repository, prefix)).empty(); };
  if (const auto mark = valid_mark({}, false)) {
    auto clone = open_here(*mark);
    if (clone && has(clone->repository.get())) return found;
  }
  const Error absent(errc::not_found, "git: " + address_.url + " has no commit " + prefix, "git.revision-not-found");
  auto clone = obtain(Bound(call, limits_.fetch), {{branches_and_tags, Depth::whole}}, has, {}, absent);
  if (!clone && clone.error().code != absent.code) return std::move(clone).error();
  return found;
}

Result<bool> Cache::fetch(const Bound& bound, git_repository* into, const Attempts& attempts, const Wanted& has) const {
  const Remote remote(address_, access_, quiet_, limits_.backend, limits_.bytes_max);
  Result<void> last;
  for (const Remote::Wish& wish : attempts) {
    last = remote.fetch(bound, into, wish);
    if (!last && !another_may_do(last.error())) return std::move(last).error();
    if (has(into)) return true;
  }
  // When the server refuses an id, or a ref that is gone in the meantime, the revision is absent. Any other refusal
  // is treated as damage of the cache.
  if (!last) return std::move(last).error();
  return false;
}

Result<Clone> Cache::obtain(const Bound& bound, const Attempts& attempts, const Wanted& has, const Doubted& doubted,
                            const Error& absent) {
  auto lock = Lock::take(*this, bound);
  if (!lock) return std::move(lock).error();
  const auto mark = valid_mark(doubted, true);
  auto clone = mark ? open_here(*mark) : Result<Clone>(Error());
  if (clone && has(clone->repository.get())) return clone;
  const auto anew = [&] {
    clone = Error();  // gives up the lease too
    return rebuild(bound, attempts, has, absent);
  };
  if (!clone || !has_room(*mark)) return anew();
  auto fetched = fetch(bound, clone->repository.get(), attempts, has);
  if (!fetched) {
    if (of_the_other_side(fetched.error())) {
      (void)settle(mark->folder);
      return std::move(fetched).error();
    }
    log_.warning("a fetch into the cache failed; the cache is made anew",
                 {{"repo", address_.url}, {"reason", fetched.error().message}});
    return anew();
  }
  if (auto settled = settle(mark->folder); !settled) return std::move(settled).error();
  drop_all_but(mark->folder);  // folders that an open tree still needed at the last switch
  if (!*fetched) return absent;
  return clone;
}

Result<Clone> Cache::rebuild(const Bound& bound, const Attempts& attempts, const Wanted& has, const Error& absent) {
  static std::atomic<unsigned> count = 0;
  const std::string folder =
      "build-" + std::to_string(::getpid()) + "-" + std::to_string(::time(nullptr)) + "-" + std::to_string(++count);
  const fs::path path = home_ / folder;
  const auto old = read_mark(home_ / mark_name);
  drop_all_but(old ? old->folder : std::string());  // removes what dead processes left, before more is written
  int code = 0;
  Lease lease(path);
  auto repository = make<Repository>(code, git_repository_init, path.c_str(), 1u);
  if (!repository)
    return Error(errc::exhausted, "git: " + path.string() + ": " + last_message(), "git.state-not-writable");
  auto fetched = fetch(bound, repository.get(), attempts, has);
  if (!fetched) {
    repository.reset();
    std::error_code bad;
    fs::remove_all(path, bad);
    Error error = std::move(fetched).error();
    return error;
  }
  if (auto settled = settle(folder); !settled) return std::move(settled).error();
  drop_all_but(folder);
  if (!*fetched) return absent;
  return Clone{std::move(lease), std::move(repository), folder};
}

Result<void> Cache::settle(const std::string& folder) {
  const auto mark = look_at(home_, address_.url, folder);
  if (!mark || !write_mark(home_ / mark_name, *mark))
    return Error(errc::exhausted,
                 "git: the cache of " + address_.url + " below " + home_.string() + " cannot be written",
                 "git.state-not-writable");
  return {};
}

void Cache::drop_all_but(std::string_view folder) const {
  std::error_code bad;
  std::vector<fs::path> gone;
  for (fs::directory_iterator at(home_, bad), end; !bad && at != end; at.increment(bad)) {
    const std::string name = at->path().filename().string();
    const std::string_view base = std::string_view(name).substr(0, name.find(Lease::suffix));
    if (base != folder && name != mark_name && name != lock_name && !Lease::held(home_ / base))
      gone.push_back(at->path());
  }
  for (const fs::path& path : gone) fs::remove_all(path, bad);
}

}  // namespace stoker::git
