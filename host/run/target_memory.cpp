#include "host/run/target_memory.hpp"

#include "host/base/utf8.hpp"

#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace stoker::host {

namespace json = boost::json;

namespace {

Error system_error(const std::filesystem::path& file, std::string_view what) {
  const int number = errno;
  const errc kind = number == ENOENT                                           ? errc::not_found
                    : number == EACCES || number == EPERM || number == EROFS   ? errc::denied
                    : number == ENOSPC || number == EDQUOT || number == EMFILE ? errc::exhausted
                                                                               : errc::internal;
  Error error(kind, file.string() + ": " + std::string(what) + ": " + std::strerror(number), "memory.file");
  error.retryable = kind == errc::exhausted || number == EIO || number == EINTR;
  return error;
}

// Again for as long as a signal came in between.
template <class Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    const auto answer = call();
    if (answer >= 0 || errno != EINTR) return answer;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  // Errors of close count.
  bool close() {
    const int number = number_;
    number_ = -1;
    return ::close(number) == 0 || errno == EINTR;  // closed, in any case
  }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line.substr(0, 200);
}

}  // namespace

Result<void> replace_file(const std::filesystem::path& file, std::string_view text, bool* replaced) {
  const std::filesystem::path beside = file.string() + ".new";
  {
    Descriptor out(uninterrupted(
        [&] { return ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600); }));
    if (out.get() < 0) return system_error(beside, "open");
    if (!write_all(out.get(), text)) return system_error(beside, "write");
    if (uninterrupted([&] { return ::fsync(out.get()); }) != 0) return system_error(beside, "fsync");
    if (!out.close()) return system_error(beside, "close");
  }
  if (::rename(beside.c_str(), file.c_str()) != 0) return system_error(file, "rename");
  if (replaced) *replaced = true;
  Descriptor folder(
      uninterrupted([&] { return ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (folder.get() < 0 || uninterrupted([&] { return ::fsync(folder.get()); }) != 0)
    return system_error(file.parent_path(), "fsync");
  return {};
}

Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max) {
  Descriptor in(uninterrupted([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW); }));
  if (in.get() < 0) return system_error(file, "open");
  std::string text;
  char chunk[16384];
  for (;;) {
    const ssize_t got = ::read(in.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(file, "read");
    if (got == 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
    if (text.size() > bytes_max)
      return Error(errc::invalid, file.string() + ": longer than " + std::to_string(bytes_max) + " bytes",
                   "memory.file");
  }
}

// ---------------------------------------------------------------- the value

bool Memory::holds(const Assignment& assignment) const {
  const std::string key = assignment.held_key();
  for (const Held& one : held)
    if (one.key == key) return true;
  return false;
}

void Memory::hold(const std::string& key, const std::string& revision, const Assignment& assignment,
                  std::string_view error, std::int64_t now_ms) {
  release(key);
  held.push_back({key, revision, std::string(beginning(error, error_bytes_max)), assignment.token, now_ms});
  if (held.size() > 20) held.erase(held.begin());
}

void Memory::release(const std::string& key) {
  std::erase_if(held, [&](const Held& one) { return one.key == key; });
}

namespace {

json::value of(const Running& r) {
  return {{"revision", r.revision}, {"ref", r.ref},  {"inputs", r.inputs},     {"vars", r.vars},
          {"key", r.key},           {"run", r.run},  {"verified", r.verified}, {"at", r.at},
          {"since", r.since_ms},    {"role", r.role}};
}

json::object of(const std::map<std::string, std::string>& texts) {
  json::object o;
  for (const auto& [key, text] : texts) o[key] = text;
  return o;
}

// Reading: a field that is absent or of another type is the field's default; what matters for safety is checked by the
// caller.
std::string text(const json::object& o, std::string_view key) {
  const json::value* v = o.if_contains(key);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}
bool flag(const json::object& o, std::string_view key) {
  const json::value* v = o.if_contains(key);
  return v && v->is_bool() && v->get_bool();
}
std::int64_t number(const json::object& o, std::string_view key) {
  const json::value* v = o.if_contains(key);
  if (v && v->is_int64()) return v->get_int64();
  return v && v->is_uint64() ? static_cast<std::int64_t>(v->get_uint64()) : 0;
}
const json::object* object(const json::object& o, std::string_view key) {
  const json::value* v = o.if_contains(key);
  return v ? v->if_object() : nullptr;
}
const json::array& array(const json::object& o, std::string_view key) {
  static const json::array none;
  const json::value* v = o.if_contains(key);
  return v && v->is_array() ? v->get_array() : none;
}
std::map<std::string, std::string> texts(const json::object& o, std::string_view key) {
  std::map<std::string, std::string> found;
  if (const json::object* all = object(o, key))
    for (const auto& [name, value] : *all)
      if (value.is_string()) found[std::string(name)] = std::string(value.get_string());
  return found;
}
std::vector<std::string> list(const json::object& o, std::string_view key) {
  std::vector<std::string> found;
  for (const json::value& value : array(o, key))
    if (value.is_string()) found.emplace_back(value.get_string());
  return found;
}
std::optional<Running> running(const json::object& o, std::string_view key) {
  const json::object* r = object(o, key);
  if (!r) return std::nullopt;
  return Running{text(*r, "revision"), text(*r, "ref"),      text(*r, "inputs"), text(*r, "vars"),    text(*r, "key"),
                 text(*r, "run"),      flag(*r, "verified"), text(*r, "at"),     number(*r, "since"), text(*r, "role")};
}

Result<std::optional<InFlight>> in_flight(const json::object& o) {
  const json::object* f = object(o, "inFlight");
  if (!f) return std::optional<InFlight>();
  auto assignment = from_json(text(*f, "assignment"));
  if (!assignment) return std::move(assignment).error().in("inFlight");
  return std::optional(InFlight{text(*f, "run"), std::move(assignment).value(), texts(*f, "tickets"),
                                flag(*f, "goBack"), flag(*f, "moved")});
}

}  // namespace

std::string to_json(const Memory& m) {
  json::object o{{"format", 1},    {"sync", m.sync},       {"strategy", m.strategy},
                 {"role", m.role}, {"adopted", m.adopted}, {"retried", m.retried}};
  if (m.running) o["running"] = of(*m.running);
  if (m.good) o["good"] = of(*m.good);
  o["unverified"] = json::array(m.unverified.begin(), m.unverified.end());
  if (m.in_flight)
    o["inFlight"] = {{"run", m.in_flight->run},
                     {"assignment", to_json(m.in_flight->assignment)},
                     {"tickets", of(m.in_flight->tickets)},
                     {"goBack", m.in_flight->go_back},
                     {"moved", m.in_flight->moved}};
  if (m.quarantine)
    o["quarantine"] = {
        {"key", m.quarantine->key}, {"revision", m.quarantine->revision}, {"retry", m.quarantine->retry}};
  if (m.waiting)
    o["waiting"] = {{"run", m.waiting->run},
                    {"planDigest", m.waiting->plan_digest},
                    {"key", m.waiting->key},
                    {"copy", m.waiting->copy}};
  json::array held;
  for (const Held& h : m.held)
    held.push_back(
        {{"key", h.key}, {"revision", h.revision}, {"error", h.error}, {"token", h.token}, {"since", h.since_ms}});
  o["held"] = std::move(held);
  o["lastDetail"] = of(m.last_detail);
  o["history"] = json::array(m.history.begin(), m.history.end());
  return json::serialize(o);
}

Result<Memory> memory_from_json(std::string_view document) {
  boost::system::error_code bad;
  const json::value value = json::parse(json::string_view(document.data(), document.size()), bad);
  const json::object* o = bad ? nullptr : value.if_object();
  if (!o) return Error(errc::invalid, "not a JSON object", "memory.damaged");
  if (number(*o, "format") > 1)
    return Error(errc::incompatible,
                 "format " + std::to_string(number(*o, "format")) +
                     " is newer than this program knows (1); run the newer version again, or upgrade",
                 "memory.newer");
  Memory m;
  m.sync = text(*o, "sync");
  m.strategy = text(*o, "strategy");
  m.role = text(*o, "role");
  m.adopted = flag(*o, "adopted");
  m.retried = text(*o, "retried");
  m.running = running(*o, "running");
  m.good = running(*o, "good");
  m.unverified = list(*o, "unverified");
  auto flight = in_flight(*o);
  if (!flight) return std::move(flight).error();
  m.in_flight = std::move(flight).value();
  if (const json::object* q = object(*o, "quarantine"))
    m.quarantine = Quarantine{text(*q, "key"), text(*q, "revision"), text(*q, "retry")};
  if (const json::object* w = object(*o, "waiting"))
    m.waiting = Waiting{text(*w, "run"), text(*w, "planDigest"), text(*w, "key"), text(*w, "copy")};
  for (const json::value& one : array(*o, "held"))
    if (const json::object* h = one.if_object())
      m.held.push_back({text(*h, "key"), text(*h, "revision"), text(*h, "error"),
                        static_cast<std::uint64_t>(number(*h, "token")), number(*h, "since")});
  m.last_detail = texts(*o, "lastDetail");
  m.history = list(*o, "history");
  return m;
}

// ---------------------------------------------------------------- the files

namespace {

std::string owner_text() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return "pid " + std::to_string(::getpid()) + " boot " + first_line("/proc/sys/kernel/random/boot_id") + " host " +
         host + "\n";
}

// The lock dies with the process, however it ends; the text is for people and for the refusal.
Result<int> own(const std::filesystem::path& file) {
  const int lock = uninterrupted([&] { return ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644); });
  if (lock < 0) return system_error(file, "open");
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(lock, F_OFD_SETLK, &whole) != 0) {
    ::close(lock);
    return Error(errc::conflict, file.string() + ": another process owns this target: " + first_line(file),
                 "memory.owner");
  }
  const std::string text = owner_text();
  const bool named = uninterrupted([&] { return ::ftruncate(lock, 0); }) == 0 &&
                     uninterrupted([&] { return ::pwrite(lock, text.data(), text.size(), 0); }) >= 0;
  if (!named) {
    const Error error = system_error(file, "write");
    ::close(lock);
    return error;
  }
  return lock;
}

}  // namespace

Result<TargetMemory> TargetMemory::open(const std::filesystem::path& data) {
  const std::filesystem::path folder = data / state_folder;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error(folder, "mkdir");
  auto lock = own(folder / "lock");
  if (!lock) return std::move(lock).error();
  TargetMemory memory(folder, *lock);

  auto text = read_file(folder / "target.json", bytes_max);
  if (!text && text.error() != errc::not_found) return std::move(text).error();
  if (text) {
    auto read = memory_from_json(*text);
    if (!read) return std::move(read).error().in((folder / "target.json").string());
    memory.memory_ = std::move(read).value();
  }
  text = read_file(folder / "assignment.json", bytes_max);
  if (text) {
    auto read = from_json(*text);
    // it would be written over at the first Run; one that is damaged is as good as none: the next look gives a new one
    if (!read && read.error() == errc::incompatible)
      return std::move(read).error().in((folder / "assignment.json").string());
    if (read) memory.assignment_ = std::move(read).value();
  }
  return memory;
}

TargetMemory::TargetMemory(TargetMemory&& other) noexcept
    : folder_(std::move(other.folder_)),
      lock_(std::exchange(other.lock_, -1)),
      memory_(std::move(other.memory_)),
      assignment_(std::move(other.assignment_)),
      lost_(other.lost_) {}

TargetMemory& TargetMemory::operator=(TargetMemory&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(lock_, other.lock_);
  std::swap(memory_, other.memory_);
  std::swap(assignment_, other.assignment_);
  std::swap(lost_, other.lost_);
  return *this;
}

TargetMemory::~TargetMemory() {
  if (lock_ >= 0) ::close(lock_);
}

Replaced TargetMemory::Put::operator()() const {
  Replaced came;
  came.durable = replace_file(file, text, &came.there);
  return came;
}

Result<TargetMemory::Put> TargetMemory::put_of(std::string_view file, std::string text) const {
  const std::filesystem::path path = folder_ / file;
  if (lost_)
    return Error(errc::internal, path.string() + ": an earlier write did not return: look at the disk, and restart",
                 "memory.lost");
  if (text.size() > bytes_max)  // it could not be read again
    return Error(errc::invalid, path.string() + ": would be longer than " + std::to_string(bytes_max) + " bytes",
                 "memory.file");
  return Put{path, std::move(text)};
}

template <class Value, class Kept>
Result<void> TargetMemory::take(Value next, Kept& into, Result<Replaced> came) {
  if (!came) {
    lost_ = lost_ || came.error().code == "host.written-off";
    return std::move(came).error();
  }
  if (came->there) into = std::move(next);
  return std::move(came->durable);
}

Result<void> TargetMemory::ended(Memory next, Result<Replaced> came) {
  return take(std::move(next), memory_, std::move(came));
}

Result<void> TargetMemory::ended(const Assignment& next, Result<Replaced> came) {
  return take(next, assignment_, std::move(came));
}

Result<void> TargetMemory::write(Memory next) {
  auto to_do = put(next);
  if (!to_do) return std::move(to_do).error();
  return ended(std::move(next), (*to_do)());
}

Result<void> TargetMemory::assign(const Assignment& next) {
  if (assignment_ && assignment_->same_work(next)) return {};
  auto to_do = put(next);
  if (!to_do) return std::move(to_do).error();
  return ended(next, (*to_do)());
}

}  // namespace stoker::host
