// The steps of loading: the loading rule, the trial in a child process, dlopen, and the check that the library matches
// its manifest.
#include "host/loading/plugin_library.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stoker/abi/notifier.h>
#include <stoker/abi/services.h>
#include <stoker/abi/source.h>
#include <stoker/abi/strategy.h>
#include <stoker/abi/trigger.h>
#include <stoker/abi/verifier.h>
#include <algorithm>
#include <cstring>
#include <stoker/records.hpp>

#include "host/base/printable.hpp"

namespace stoker::host {
namespace {

constexpr std::chrono::milliseconds between_looks{50};
constexpr const char* entry_name = "stoker_plugin_entry";

// What the host knows of the table of a kind: its size in version x.0, and whether its functions may be null (create
// and destroy must not).
struct Kind {
  std::string_view id;
  std::size_t table_bytes;
  bool functions_optional;
};
constexpr Kind kinds[] = {
    {STOKER_SOURCE_ID, sizeof(stoker_source_v1), false},     {STOKER_TRIGGER_ID, sizeof(stoker_trigger_v1), false},
    {STOKER_STRATEGY_ID, sizeof(stoker_strategy_v1), false}, {STOKER_VERIFIER_ID, sizeof(stoker_verifier_v1), true},
    {STOKER_NOTIFIER_ID, sizeof(stoker_notifier_v1), false}, {STOKER_PLATFORM_ID, sizeof(stoker_platform_v1), false},
};

const stoker_plugin* entry_of(void* library) { return static_cast<const stoker_plugin*>(::dlsym(library, entry_name)); }

// The beginning of every table, as STOKER_TABLE declares it. Only pointers to functions follow.
struct TableHead {
  std::uint32_t struct_size, reserved;
};

// A verifier may lack functions, but not all of them, and it must be able to give back what it locks.
Result<void> check_verifier(const Manifest& manifest, const stoker_verifier_v1& table) {
  const bool any =
      table.observe || table.admit || table.lock || table.verify || table.unlock || table.diagnose || table.probe;
  if (!any)
    return load_error(LoadFault::short_table, manifest.path,
                      STOKER_VERIFIER_ID " without a function that asks anything",
                      "at least one beside create and destroy");
  if (table.lock && !(table.verify && table.unlock))
    return load_error(LoadFault::short_table, manifest.path, STOKER_VERIFIER_ID " with lock alone",
                      "lock together with verify and unlock");
  return {};
}

Result<void> check_table(const Manifest& manifest, const Kind& kind, const void* table) {
  TableHead head;
  std::memcpy(&head, table, sizeof head);
  if (head.struct_size < kind.table_bytes)
    return load_error(LoadFault::short_table, manifest.path,
                      std::string(kind.id) + " of " + std::to_string(head.struct_size) + " bytes",
                      std::to_string(kind.table_bytes));
  if (kind.functions_optional)
    if (auto some = check_verifier(manifest, *static_cast<const stoker_verifier_v1*>(table)); !some) return some;
  const std::size_t functions = (kind.table_bytes - sizeof head) / sizeof(void*);
  const std::size_t required = kind.functions_optional ? 2 : functions;
  for (std::size_t i = 0; i < required; ++i) {
    std::uintptr_t function;
    std::memcpy(&function, static_cast<const char*>(table) + sizeof head + i * sizeof function, sizeof function);
    if (function == 0)
      return load_error(LoadFault::short_table, manifest.path,
                        std::string(kind.id) + " whose function " + std::to_string(i + 1) + " is null",
                        "all functions");
  }
  return {};
}

Error differs(const Manifest& manifest, std::string_view what, std::string_view entry, std::string_view note) {
  return load_error(LoadFault::entry_differs, manifest.path,
                    std::string(what) + " \"" + std::string(entry) + "\" in the library",
                    "\"" + std::string(note) + "\" as in the manifest");
}

std::string abi_text(unsigned major, unsigned minor) { return std::to_string(major) + "." + std::to_string(minor); }

// Compares id, version, ABI and kinds of the entry with the manifest.
Result<void> check_entry(const Manifest& manifest, const stoker_plugin* entry) {
  if (!entry) return load_error(LoadFault::no_entry, manifest.path, "no such symbol", entry_name);
  if (entry->struct_size < sizeof(stoker_plugin))
    return load_error(LoadFault::short_table, manifest.path,
                      "an entry of " + std::to_string(entry->struct_size) + " bytes",
                      std::to_string(sizeof(stoker_plugin)));
  if (!entry->open || !entry->close || !entry->query)
    return load_error(LoadFault::no_entry, manifest.path, "an entry without open, close or query", "all three");
  if (view(entry->id) != manifest.id) return differs(manifest, "id", view(entry->id), manifest.id);
  if (view(entry->version) != manifest.version)
    return differs(manifest, "version", view(entry->version), manifest.version);
  const std::string in_entry = abi_text(entry->abi_major, entry->abi_minor);
  const std::string in_manifest = abi_text(manifest.abi_major, manifest.abi_minor);
  if (in_entry != in_manifest) return differs(manifest, "abi", in_entry, in_manifest);
  for (const Kind& kind : kinds) {
    const void* table = entry->query(str(kind.id));
    const bool promised = manifest.offers(kind.id);
    if (promised != (table != nullptr)) return differs(manifest, "kind", table ? kind.id : "", promised ? kind.id : "");
    if (!table) continue;
    if (auto checked = check_table(manifest, kind, table); !checked) return checked;
  }
  return {};
}

constexpr rlim_t child_file_bytes_max = 16u << 20;
constexpr std::size_t child_words_max = 1024;

// What a trial is seen by: `done` gets one byte when the child got to its end, `words` what it printed.
struct Trial {
  Trial() {
    if (::pipe2(done, O_CLOEXEC | O_NONBLOCK) != 0) done[0] = done[1] = -1;
    words = ::memfd_create("stoker-trial", MFD_CLOEXEC);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    for (const int file : {done[0], done[1], words})
      if (file >= 0) ::close(file);
  }
  bool got_to_its_end() const {
    char byte = 0;
    return ::read(done[0], &byte, 1) == 1;
  }
  // The last of it, on one line.
  std::string last_words() const {
    const off_t size = ::lseek(words, 0, SEEK_END);
    if (size <= 0) return {};
    std::string text(std::min(static_cast<std::size_t>(size), child_words_max), '\0');
    const ssize_t got = ::pread(words, text.data(), text.size(), size - static_cast<off_t>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return printable(text, child_words_max);
  }
  int done[2];
  int words;
};

// Runs in the child.
[[noreturn]] void try_in_child(const char* path, const Trial& trial) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM}) ::signal(number, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small_files{child_file_bytes_max, child_file_bytes_max};
  ::setrlimit(RLIMIT_FSIZE, &small_files);
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(trial.words, stream);
  void* library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  const stoker_plugin* entry = library ? entry_of(library) : nullptr;
  if (entry && entry->struct_size >= sizeof(stoker_plugin) && entry->query)
    for (const Kind& kind : kinds) entry->query(str(kind.id));
  [[maybe_unused]] const auto written = ::write(trial.done[1], "", 1);
  ::_exit(0);
}

// Waits for the child to end, and kills it when it takes too long. Then there is no value.
std::optional<siginfo_t> end_of(pid_t child, std::chrono::milliseconds limit) {
  const int handle =
      static_cast<int>(::syscall(SYS_pidfd_open, child, 0));  // glibc 2.36 declares pidfd_open for C only
  const auto end = std::chrono::steady_clock::now() + limit;
  pollfd watched{handle, POLLIN, 0};
  int ready = -1;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    ready = handle < 0 ? 0 : ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) ::kill(child, SIGKILL);
  if (handle >= 0) ::close(handle);
  siginfo_t ended{};
  while (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED) != 0 && errno == EINTR) {
  }
  if (ready <= 0) return std::nullopt;
  return ended;
}

}  // namespace

Offer own_offer() {
  Offer offer;
  for (const Kind& kind : kinds) offer.kinds.emplace_back(kind.id);
  offer.services = {STOKER_LOG_ID, STOKER_CLOCK_ID, STOKER_METRICS_ID, STOKER_HTTP_CLIENT_ID, STOKER_KINDS_ID};
  return offer;
}

Result<void> may_load(const Manifest& manifest, const Offer& offer) {
  const auto has = [](const std::vector<std::string>& all, std::string_view id) {
    return std::find(all.begin(), all.end(), id) != all.end();
  };
  const std::string own = abi_text(offer.abi_major, offer.abi_minor);
  // The interfaces of major 0 are drafts: each minor may change a record.
  const bool other_draft = offer.abi_major == 0 && manifest.abi_minor != offer.abi_minor;
  if (manifest.abi_major != offer.abi_major || other_draft)
    return load_error(LoadFault::abi_major, manifest.path, abi_text(manifest.abi_major, manifest.abi_minor), own);
  if (manifest.min_host_minor > offer.abi_minor)
    return load_error(LoadFault::host_minor, manifest.path, "this host's " + own,
                      abi_text(manifest.abi_major, manifest.min_host_minor) + " or newer");
  for (const std::string& kind : manifest.kinds)
    if (!has(offer.kinds, kind)) return load_error(LoadFault::unknown_kind, manifest.path, kind, "a kind of this host");
  for (const std::string& need : manifest.needs)
    if (!has(offer.services, need) && !has(manifest.optional_needs, need))
      return load_error(LoadFault::unknown_need, manifest.path, need, "a service of this host");
  return {};
}

Result<void> probe(const Manifest& manifest, std::chrono::milliseconds limit) {
  std::error_code failure;
  const std::string path = std::filesystem::absolute(manifest.path, failure).string();
  const Trial trial;
  const pid_t child = ::fork();
  if (child < 0)
    return Error(errc::exhausted, path + ": cannot start a child process to try the library: " + std::strerror(errno));
  if (child == 0) try_in_child(path.c_str(), trial);
  const auto ended = end_of(child, limit);
  if (!ended)
    return load_error(LoadFault::hung, manifest.path, "no result after " + std::to_string(limit.count()) + " ms",
                      "a library that loads");
  const bool exited = ended->si_code == CLD_EXITED;
  if (exited && ended->si_status == 0 && trial.got_to_its_end()) return {};
  std::string found =
      exited ? "exit " + std::to_string(ended->si_status) : std::string("SIG") + ::sigabbrev_np(ended->si_status);
  if (const std::string words = trial.last_words(); !words.empty()) found += " after it printed \"" + words + "\"";
  return load_error(LoadFault::crashed, manifest.path, found, "a library that loads");
}

PluginLibrary::PluginLibrary(Manifest manifest, const stoker_plugin* entry)
    : manifest_(std::move(manifest)), entry_(entry) {}

const void* PluginLibrary::table_of(std::string_view id) const {
  return manifest_.offers(id) ? entry_->query(str(id)) : nullptr;
}

Result<void> PluginLibrary::open(const stoker_host* host, const stoker_call* call) {
  std::unique_lock lock(mutex_);
  while (in_plugin_) {
    free_.wait_for(lock, between_looks);
    if (in_plugin_ && call->remaining_ms(call) <= 0)
      return Error(errc::timeout,
                   manifest_.path.string() + ": an earlier open() or close() of the library did not return");
  }
  if (opened_ == 0) {
    in_plugin_ = true;
    lock.unlock();
    const stoker_status status = entry_->open(host, call);
    lock.lock();
    in_plugin_ = false;
    free_.notify_all();
    if (status != STOKER_OK)
      return load_error(LoadFault::open_failed, manifest_.path, "status " + std::to_string(status), "0");
  }
  ++opened_;
  return {};
}

// Nobody is in `open` now: who closes has opened, and only the first one is in the plugin for it.
void PluginLibrary::close() {
  std::unique_lock lock(mutex_);
  if (opened_ == 0 || --opened_ > 0) return;
  in_plugin_ = true;
  lock.unlock();
  entry_->close();
  lock.lock();
  in_plugin_ = false;
  free_.notify_all();
}

int PluginLibrary::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

bool PluginLibraries::has(const Manifest& manifest) const {
  struct stat about {};
  if (::stat(manifest.path.c_str(), &about) != 0) return false;
  return std::any_of(loaded_.begin(), loaded_.end(), [&](const Loaded& loaded) {
    return loaded.device == about.st_dev && loaded.inode == about.st_ino;
  });
}

Result<PluginLibrary*> PluginLibraries::load(const Manifest& manifest) {
  if (auto allowed = may_load(manifest, offer_); !allowed) return std::move(allowed).error();
  struct stat about {};
  if (::stat(manifest.path.c_str(), &about) != 0)
    return load_error(LoadFault::missing_file, manifest.path, std::strerror(errno), "a readable file");
  const std::string digest = content_digest(manifest.path);
  for (Loaded& loaded : loaded_) {
    if (loaded.device == about.st_dev && loaded.inode == about.st_ino) return &loaded.library;
    const Manifest& first = loaded.library.manifest();
    const std::string place = manifest.id + " from " + first.path.string();
    if (loaded.digest == digest)
      return load_error(LoadFault::file_twice, manifest.path, place, "one copy of the library");
    if (first.id == manifest.id)
      return load_error(LoadFault::id_twice, manifest.path, place, "one library for each id");
  }
  std::error_code
      failure;  // Never closed: threads and thread-local objects that a plugin leaves behind point into its code.
  void* library = ::dlopen(std::filesystem::absolute(manifest.path, failure).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return load_error(LoadFault::not_linkable, manifest.path, ::dlerror(), "every symbol resolved");
  const stoker_plugin* entry = entry_of(library);
  if (auto checked = check_entry(manifest, entry); !checked) return std::move(checked).error();
  return &loaded_.emplace_back(about.st_dev, about.st_ino, digest, manifest, entry).library;
}

}  // namespace stoker::host
