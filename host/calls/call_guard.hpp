// The boundary to a plugin, from the host's side: what it hands over is checked before it is believed, it may call back
// only on the thread of the call and until that returns, and an instance is called as it can bear. A defect fails the
// call that it came up in, by name. On the pool's threads.
#pragma once

#include "host/calls/instances.hpp"
#include "host/calls/plugin_text.hpp"

#include <stoker/call.hpp>

#include <thread>

namespace stoker::host::boundary {

// ---------------------------------------------------------------- what a plugin may hand over

inline Result<void> check_enum(std::uint32_t value, std::uint32_t last, std::string_view what) {
  if (value < 1 || value > last) return misbehaving(std::string(what) + " is " + std::to_string(value));
  return {};
}

template <class... Checks>
Result<void> all(Checks&&... checks) {
  Result<void> first;
  ((first ? void(first = std::forward<Checks>(checks)) : void()), ...);
  return first;
}

// How many of a kind one call may answer.
template <class Record>
constexpr std::size_t records_max = 5'000'000;
template <>
constexpr std::size_t records_max<stoker_resolved> = 10'000;
template <>
constexpr std::size_t records_max<stoker_note> = 100'000;
template <>
constexpr std::size_t records_max<stoker_decision> = 1'000;
template <>
constexpr std::size_t records_max<stoker_hint> = 10'000;

inline Result<void> check(const stoker_resolved& r) {
  const bool nothing = r.revision.len == 0 && r.kind == 0;
  return all(check_text(r.revision, "a revision", 256), check_text(r.ref, "a ref", 1024),
             nothing ? Result<void>() : check_enum(r.kind, STOKER_REF_OTHER, "the kind of a ref"));
}
inline Result<void> check(const stoker_file& f) {
  return all(check_path(f.path), check_text(f.blob, "a blob", 256),
             check_enum(f.type, STOKER_FILE_OTHER, "the type of a file"),
             f.mode == 0644 || f.mode == 0755 || f.type != STOKER_FILE_REGULAR ? Result<void>()
                                                                               : misbehaving("the mode of a file"));
}
inline Result<void> check(const stoker_delta& d) {
  if (d.op == STOKER_DELTA_REMOVE) return check_path(d.file.path);
  return all(check_enum(d.op, STOKER_DELTA_REMOVE, "the op of a delta"), check(d.file));
}
inline Result<void> check(const stoker_change& c) {
  return all(check_path(c.path), c.origin.len == 0 ? Result<void>() : check_path(c.origin),
             check_text(c.blob, "a blob", 256), check_text(c.before, "a digest", 128),
             check_text(c.after, "a digest", 128), check_enum(c.op, STOKER_CHANGE_CHMOD, "the op of a change"));
}
inline Result<void> check(const stoker_note& n) {
  return all(check_text(n.code, "the code of a note", 64), check_text(n.path, "the path of a note"),
             check_text(n.text, "a note"));
}
inline Result<void> check(const stoker_decision& d) {
  return all(check_enum(d.verdict, STOKER_UNHEALTHY, "a verdict"), check_text(d.name, "the name of a decision"),
             check_text(d.reason, "the reason of a decision"), check_text(d.ended_by, "what ends a hold"),
             d.verdict == STOKER_HOLD && d.name.len == 0 ? misbehaving("a hold without a name") : Result<void>());
}
inline Result<void> check(const stoker_hint& h) {
  return all(check_text(h.sync, "the sync of a hint", 256), check_text(h.reason, "the reason of a hint", 256),
             check_text(h.delivery, "the delivery of a hint", 256), check_text(h.wish, "the wish of a hint", 1024));
}

// Only lists of a tree and of a difference are promised to be sorted.
inline std::string_view sort_key(const stoker_file& f) { return view(f.path); }
inline std::string_view sort_key(const stoker_delta& d) { return view(d.file.path); }
template <class Record>
concept Sorted = requires(const Record& r) {
  sort_key(r);
};

// ---------------------------------------------------------------- what a plugin calls back into

// The instance that this thread is in a call of.
inline thread_local std::weak_ptr<InstanceCore> called;

// Stands before what a plugin may call back into: on the thread of the call, until the call returns. It outlives the
// call; who comes late, or from elsewhere, finds it shut and touches nothing. [any thread]
class Gate {
 public:
  Gate() : instance_(called) {}
  // May this thread go on? Only the call's own thread ever shuts the gate, so `open_` needs no lock.
  bool lets_in() noexcept {
    if (std::this_thread::get_id() == thread_ && open_) return true;
    wrong_.store(true);
    if (const auto instance = instance_.lock()) instance->called_late.store(true);
    return false;
  }
  void shut() { open_ = false; }
  bool wrong() const { return wrong_.load(); }
  // Said of its own call, so the next one need not fail for it.
  void forgive() {
    if (const auto instance = instance_.lock()) instance->called_late.store(false);
  }

 private:
  const std::thread::id thread_ = std::this_thread::get_id();
  const std::weak_ptr<InstanceCore> instance_;
  bool open_ = true;
  std::atomic<bool> wrong_{false};
};

// A gate with what the plugin is shown of it (`Face`, a table or nothing), and what is behind.
template <class Behind, class Face>
struct GateTo : Face, Gate {
  explicit GateTo(Behind& b) : Face{}, behind(b) {}
  Behind& behind;
};
struct NoFace {};

// Owned by what is behind: shuts with it.
template <class Behind, class Face = NoFace>
class Entry {
 public:
  using To = GateTo<Behind, Face>;
  explicit Entry(Behind& behind) : gate_(std::make_shared<To>(behind)) { keep_for_late_callers(gate_); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() { gate_->shut(); }
  To* operator->() const { return gate_.get(); }
  To* get() const { return gate_.get(); }
  // The defect, if a plugin came where it must not.
  Result<void> found() const {
    if (!gate_->wrong()) return {};
    gate_->forgive();
    return misbehaving("answers on another thread than it was called on");
  }

 private:
  std::shared_ptr<To> gate_;
};

inline Result<void> check_items(const void* items, std::size_t count, std::size_t count_max) {
  if (count != 0 && items == nullptr) return misbehaving("items are null with a count");
  if (count > count_max) return misbehaving(std::to_string(count) + " items at once");
  return {};
}

// Runs what a sink does with what it is given; nothing unwinds into the plugin.
template <class Take>
stoker_status taken(Result<void>& kept, Take take) noexcept {
  try {
    if (kept) kept = take();
  } catch (const std::exception& thrown) {
    kept = Error(errc::exhausted, thrown.what());
  }
  return kept ? STOKER_OK : status_of(kept.error().kind);
}

// A sink that checks each record and hands it on.
template <class T, class Next>
class CheckedSink {
 public:
  explicit CheckedSink(Next next) : next_(std::move(next)), entry_(*this) {}
  typename T::Sink sink() { return {entry_.get(), &CheckedSink::put}; }
  Result<void> found() const { return kept_ ? entry_.found() : kept_; }
  const Result<void>& kept() const { return kept_; }

 private:
  using Record = typename T::Record;
  static stoker_status put(void* to, const Record* items, std::size_t count) noexcept {
    auto& gate = *static_cast<GateTo<CheckedSink, NoFace>*>(to);
    if (!gate.lets_in()) return STOKER_E_INTERNAL;
    CheckedSink& self = gate.behind;
    return taken(self.kept_, [&] {
      Result<void> fine = check_items(items, count, records_max<Record>);
      for (std::size_t i = 0; i < count && fine; ++i) fine = self.take(items[i]);
      return fine;
    });
  }
  Result<void> take(const Record& record) {
    if (++count_ > records_max<Record>)
      return misbehaving("more than " + std::to_string(records_max<Record>) + " records");
    if (auto good = check(record); !good) return good;
    if constexpr (Sorted<Record>) {
      if (count_ > 1 && sort_key(record) <= last_)
        return misbehaving("\"" + std::string(sort_key(record)) + "\" is out of order");
      last_ = sort_key(record);
    }
    return next_(record);
  }
  Next next_;
  Result<void> kept_;
  std::size_t count_ = 0;
  std::string last_;
  Entry<CheckedSink> entry_;
};

template <class T>
auto keep(std::vector<T>& into) {
  auto next = [&into](const typename T::Record& record) {
    into.push_back(from_record(record));
    return Result<void>();
  };
  return CheckedSink<T, decltype(next)>(next);
}

inline auto keep(ChangeList& into) {
  auto next = [&into](const stoker_change& record) {
    into.add(from_record(record));
    return Result<void>();
  };
  return CheckedSink<Change, decltype(next)>(next);
}

template <class T, class Next>
CheckedSink<T, Next> pass(Next next) {
  return CheckedSink<T, Next>(std::move(next));
}

// One document.
class TextSink {
 public:
  explicit TextSink(std::size_t bytes_max) : bytes_max_(bytes_max), entry_(*this) {}
  stoker_text_sink sink() { return {entry_.get(), &TextSink::put}; }
  Result<void> found() const { return kept_ ? entry_.found() : kept_; }
  std::string text;

 private:
  static stoker_status put(void* to, const stoker_str* items, std::size_t count) noexcept {
    auto& gate = *static_cast<GateTo<TextSink, NoFace>*>(to);
    if (!gate.lets_in()) return STOKER_E_INTERNAL;
    TextSink& self = gate.behind;
    return taken(self.kept_, [&]() -> Result<void> {
      if (count == 0) return {};
      if (count > 1 || self.given_) return misbehaving("more than one document");
      if (auto fine = check_items(items, count, 1); !fine) return fine;
      if (auto fine = check_text(items[0], "a document", self.bytes_max_); !fine) return fine;
      self.given_ = true;
      self.text = string(items[0]);
      return {};
    });
  }
  std::size_t bytes_max_;
  bool given_ = false;
  Result<void> kept_;
  Entry<TextSink> entry_;
};

// Bytes on their way from one plugin to another.
class ByteSink {
 public:
  explicit ByteSink(stoker_byte_sink out) : out_(out), entry_(*this) {}
  stoker_byte_sink sink() { return {entry_.get(), &ByteSink::put}; }
  Result<void> found() const { return kept_ ? entry_.found() : kept_; }
  const Result<void>& kept() const { return kept_; }

 private:
  static stoker_status put(void* to, const std::uint8_t* bytes, std::size_t count) noexcept {
    auto& gate = *static_cast<GateTo<ByteSink, NoFace>*>(to);
    if (!gate.lets_in()) return STOKER_E_INTERNAL;
    ByteSink& self = gate.behind;
    return taken(self.kept_, [&]() -> Result<void> {
      if (auto fine = check_items(bytes, count, STOKER_CHUNK_BYTES_MAX); !fine) return fine;
      if (const stoker_status refused = self.out_.put(self.out_.to, bytes, count))
        return Error(errc_of(refused), "refused by the receiver");
      return {};
    });
  }
  stoker_byte_sink out_;
  Result<void> kept_;
  Entry<ByteSink> entry_;
};

// Keeps what was wrong with the answers of a plugin that was asked on behalf of another, and who that was.
template <class Sink>
void blame(Result<void>& kept, const Sink& sink, const std::string& who) {
  const Result<void> found = sink.found();
  if (kept && !found && found.error().code == "host.plugin-misbehaving") kept = Error(found.error()).in(who);
}

// What a call ended in: first what was wrong with its answers, then what the plugin said.
template <class... Sinks>
Result<void> ended(const CallState& state, stoker_status status, const Sinks&... sinks) {
  Result<void> found = state.misused();
  [[maybe_unused]] const auto look = [&](const auto& sink) {
    if (Result<void> wrong = sink.found(); found && !wrong) found = std::move(wrong);
  };
  (look(sinks), ...);
  if (!found) return std::move(found).error().in(state.what());
  if (status != STOKER_OK) return state.error(status);
  return {};
}

// ---------------------------------------------------------------- how an instance is called

// Serial instances get one call at a time; an instance that was written off gets none.
template <class T, class Function>
Result<T> in_turn(const std::shared_ptr<InstanceCore>& core, const CallState& state, Function function) {
  std::unique_lock turn(core->turn, std::defer_lock);
  if (!core->reentrant && !turn.try_lock_for(std::max(state.remaining(), std::chrono::milliseconds(1))))
    return Error(errc::timeout, state.what() + ": the instance is busy with another call", "host.busy");
  called = core;
  Result<T> result = function();
  called.reset();
  return result;
}

// What an instance owes whatever it did before: these do not fail for what an earlier call left.
inline bool is_owed(std::string_view verb) {
  return verb == "recover" || verb == "apply" || verb == "revert" || verb == "unlock" || verb == "close" ||
         verb == "destroy";
}

// A defect of an earlier call, seen since, which could not fail that one any more.
inline Result<void> came_late(InstanceCore& core, std::string_view verb) {
  if (!core.called_late.exchange(false) || is_owed(verb)) return {};
  return misbehaving("called back after the call that it was for had returned");
}

template <class T, class Function>
Async<T> call(Workers& workers, std::shared_ptr<InstanceCore> core, std::string verb, CallLimits limits,
              Function function) {
  std::string what = core->module + ": " + verb;
  if (core->written_off.load())
    co_return Error(errc::internal, what + ": the instance was written off after a call that did not return",
                    "host.written-off");
  auto body = [core, verb = std::move(verb), function = std::move(function)](const CallState& state) mutable {
    if (auto fine = came_late(*core, verb); !fine) return Result<T>(std::move(fine).error().in(state.what()));
    Result<T> result = in_turn<T>(core, state, [&] { return function(state); });
    auto fine = came_late(*core, verb);
    if (result && !fine) return Result<T>(std::move(fine).error().in(state.what()));
    return result;
  };
  Result<T> result = co_await workers.call<T>(std::move(what), std::move(limits), std::move(body));
  if (!result && result.error().code == "host.written-off") core->written_off.store(true);
  co_return result;
}

}  // namespace stoker::host::boundary
