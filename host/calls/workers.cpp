#include "host/calls/workers.hpp"

#include "host/calls/record_checks.hpp"

#include <pthread.h>

#include <thread>

namespace stoker::host {

struct CallState::Face : stoker_call {
  Face(std::string text, std::chrono::steady_clock::time_point end)
      : stoker_call{}, what(std::move(text)), until(end) {}
  static Face& of(const stoker_call* call) { return *const_cast<Face*>(static_cast<const Face*>(call)); }
  stoker_status say(const stoker_error* error);

  const std::string what;
  const std::chrono::steady_clock::time_point until;
  std::atomic<bool> stopping{false}, given_up{false};
  std::mutex mutex;
  bool ended = false;
  std::optional<Error> said;
  Result<void> misused;
};

namespace {

constexpr std::size_t error_detail_bytes_max = 65536;
constexpr std::string_view own_code_prefix = "host.";

Result<void> check(const stoker_error* error) {
  if (!error) return misbehaving("fail() was called with a null pointer");
  if (error->struct_size < sizeof(stoker_error))
    return misbehaving("struct_size of the error given to fail() is too small");
  if (error->status < STOKER_E_UNREACHABLE || error->status > STOKER_E_INTERNAL)
    return misbehaving("the status of the error given to fail() is " + std::to_string(error->status));
  if (auto fine = check_text(error->code, "the code of an error", 128); !fine) return fine;
  if (view(error->code).starts_with(own_code_prefix))
    return misbehaving("the code of an error is \"" + string(error->code) + "\"; codes that begin with \"" +
                       std::string(own_code_prefix) + "\" are the host's own");
  if (auto fine = check_text(error->message, "the message of an error", error_detail_bytes_max); !fine) return fine;
  if (auto fine = check_text(error->detail, "the detail of an error", error_detail_bytes_max); !fine) return fine;
  return check_document({error->detail.ptr, error->detail.len}, "the detail of an error", true);
}

}  // namespace

void keep_for_late_callers(std::shared_ptr<void> face) {
  static auto& mutex = *new std::mutex;  // never destroyed: a plugin's thread may still run when the process ends
  static auto& kept = *new std::deque<std::shared_ptr<void>>;
  const std::lock_guard lock(mutex);
  kept.push_back(std::move(face));
  if (kept.size() > 1024) kept.pop_front();
}

stoker_status CallState::Face::say(const stoker_error* error) {
  const std::lock_guard lock(mutex);
  if (ended) return STOKER_E_INTERNAL;
  if (auto fine = check(error); !fine) {
    misused = std::move(fine);
    return STOKER_E_INTERNAL;
  }
  Error copy(static_cast<errc>(error->status), std::string(error->message.ptr, error->message.len),
             std::string(error->code.ptr, error->code.len));
  if (copy.message.empty()) copy.message = "the plugin gave no reason (" + std::string(name(copy.kind)) + ")";
  copy.detail.assign(error->detail.ptr, error->detail.len);
  copy.retryable = error->retryable == 1;
  copy.retry_after = std::chrono::milliseconds(error->retry_after_ms);
  said = std::move(copy);
  return error->status;
}

CallState::CallState(std::string what, std::chrono::milliseconds deadline)
    : face_(std::make_shared<Face>(std::move(what), std::chrono::steady_clock::now() + deadline)) {
  static std::atomic<std::uint64_t> last_call{0};
  face_->struct_size = sizeof(stoker_call);
  face_->id = ++last_call;
  face_->remaining_ms = [](const stoker_call* c) -> std::int64_t {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Face::of(c).until - std::chrono::steady_clock::now())
        .count();
  };
  face_->cancelled = [](const stoker_call* c) -> std::int32_t { return Face::of(c).stopping ? 1 : 0; };
  face_->fail = [](const stoker_call* c, const stoker_error* error) { return Face::of(c).say(error); };
  face_->progress = [](const stoker_call*, std::uint64_t, std::uint64_t, stoker_str) {};
  keep_for_late_callers(face_);
}

CallState::~CallState() {
  const std::lock_guard lock(face_->mutex);
  face_->ended = true;
}

const stoker_call* CallState::raw() const { return face_.get(); }
void CallState::cancel() { face_->stopping = true; }
void CallState::give_up() { face_->given_up = true; }
bool CallState::given_up() const { return face_->given_up; }
bool CallState::cancelled() const { return face_->stopping; }
const std::string& CallState::what() const { return face_->what; }
std::chrono::milliseconds CallState::remaining() const {
  return std::chrono::milliseconds(face_->remaining_ms(face_.get()));
}

Result<void> CallState::misused() const {
  const std::lock_guard lock(face_->mutex);
  return face_->misused;
}

std::optional<Error> CallState::said() const {
  const std::lock_guard lock(face_->mutex);
  return face_->said;
}

Error CallState::error(stoker_status status) const {
  const std::lock_guard lock(face_->mutex);
  if (!face_->misused) return Error(face_->misused.error()).in(face_->what);
  if (face_->said && static_cast<stoker_status>(face_->said->kind) == status) return face_->said->in(face_->what);
  const bool known = status >= STOKER_E_UNREACHABLE && status <= STOKER_E_INTERNAL;
  return failed_without_reason(face_->what, known ? static_cast<errc>(status) : errc::internal, status);
}

// ---------------------------------------------------------------- the pool

struct Pool::Shared {
  const std::size_t threads_max, queue_max;
  std::mutex mutex;
  std::condition_variable wake, ended;
  std::deque<Work> queue;
  std::size_t threads = 0, idle = 0, stuck = 0;  // stuck: those of the threads that are in calls that were written off
  bool closing = false;
  Shared(std::size_t t, std::size_t q) : threads_max(t), queue_max(q) {}
};

Pool::Pool(std::size_t threads_max, std::size_t queue_max)
    : shared_(std::make_shared<Shared>(threads_max, queue_max)) {}

Pool::~Pool() {
  std::unique_lock lock(shared_->mutex);
  shared_->closing = true;
  shared_->wake.notify_all();
  shared_->ended.wait(lock, [&] { return shared_->threads <= shared_->stuck; });
}

bool Pool::submit(Work work) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->queue.size() >= shared_->queue_max) return false;
  shared_->queue.push_back(std::move(work));
  if (shared_->idle < shared_->queue.size() && shared_->threads - shared_->stuck < shared_->threads_max) start_one();
  shared_->wake.notify_one();
  return true;
}

void Pool::replace_one() {
  const std::lock_guard lock(shared_->mutex);
  ++shared_->stuck;
  if (!shared_->queue.empty() && shared_->threads - shared_->stuck < shared_->threads_max) start_one();
}

// Each thread shares the ownership of Shared, because a thread that is stuck may outlive the pool.
void Pool::start_one() {
  ++shared_->threads;
  std::thread([shared = shared_] { work(shared); }).detach();
}

void Pool::work(const std::shared_ptr<Shared>& shared) {
  pthread_setname_np(pthread_self(), "stoker-pool");
  std::unique_lock lock(shared->mutex);
  for (;;) {
    ++shared->idle;
    const bool got =
        shared->wake.wait_for(lock, std::chrono::minutes(1), [&] { return shared->closing || !shared->queue.empty(); });
    --shared->idle;
    if (!got || shared->queue.empty()) break;
    Work next = std::move(shared->queue.front());
    shared->queue.pop_front();
    lock.unlock();
    const bool goes_on = next();
    next = nullptr;
    lock.lock();
    if (goes_on) continue;
    --shared->stuck;
    break;
  }
  --shared->threads;
  shared->ended.notify_all();
}

}  // namespace stoker::host
