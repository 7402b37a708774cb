#include "host/plugins.hpp"

#include "host/digest.hpp"
#include "host/plugin_text.hpp"

#include <stoker/call.hpp>

#include <boost/json.hpp>

#include <thread>

namespace stoker::host {

namespace {

// ---------------------------------------------------------------- what a plugin may hand over

Result<void> check_enum(std::uint32_t value, std::uint32_t last, std::string_view what) {
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

Result<void> check(const stoker_resolved& r) {
  const bool nothing = r.revision.len == 0 && r.kind == 0;
  return all(check_text(r.revision, "a revision", 256), check_text(r.ref, "a ref", 1024),
             nothing ? Result<void>() : check_enum(r.kind, STOKER_REF_OTHER, "the kind of a ref"));
}
Result<void> check(const stoker_file& f) {
  return all(check_path(f.path), check_text(f.blob, "a blob", 256),
             check_enum(f.type, STOKER_FILE_OTHER, "the type of a file"),
             f.mode == 0644 || f.mode == 0755 || f.type != STOKER_FILE_REGULAR ? Result<void>()
                                                                               : misbehaving("the mode of a file"));
}
Result<void> check(const stoker_delta& d) {
  if (d.op == STOKER_DELTA_REMOVE) return check_path(d.file.path);
  return all(check_enum(d.op, STOKER_DELTA_REMOVE, "the op of a delta"), check(d.file));
}
Result<void> check(const stoker_change& c) {
  return all(check_path(c.path), c.origin.len == 0 ? Result<void>() : check_path(c.origin),
             check_text(c.blob, "a blob", 256), check_text(c.before, "a digest", 128),
             check_text(c.after, "a digest", 128), check_enum(c.op, STOKER_CHANGE_CHMOD, "the op of a change"));
}
Result<void> check(const stoker_note& n) {
  return all(check_text(n.code, "the code of a note", 64), check_text(n.path, "the path of a note"),
             check_text(n.text, "a note"));
}
Result<void> check(const stoker_decision& d) {
  return all(check_enum(d.verdict, STOKER_UNHEALTHY, "a verdict"), check_text(d.name, "the name of a decision"),
             check_text(d.reason, "the reason of a decision"), check_text(d.ended_by, "what ends a hold"),
             d.verdict == STOKER_HOLD && d.name.len == 0 ? misbehaving("a hold without a name") : Result<void>());
}
Result<void> check(const stoker_hint& h) {
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
thread_local std::weak_ptr<InstanceCore> called;

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

Result<void> check_items(const void* items, std::size_t count, std::size_t count_max) {
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
bool is_owed(std::string_view verb) {
  return verb == "recover" || verb == "apply" || verb == "revert" || verb == "unlock" || verb == "close" ||
         verb == "destroy";
}

// A defect of an earlier call, seen since, which could not fail that one any more.
Result<void> came_late(InstanceCore& core, std::string_view verb) {
  if (!core.called_late.exchange(false) || is_owed(verb)) return {};
  return misbehaving("called back after the call that it was for had returned");
}

template <class T, class Function>
Async<T> call(Lanes& lanes, std::shared_ptr<InstanceCore> core, std::string verb, CallLimits limits,
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
  Result<T> result = co_await lanes.call<T>(std::move(what), std::move(limits), std::move(body));
  if (!result && result.error().code == "host.written-off") core->written_off.store(true);
  co_return result;
}

template <class T>
CallLimits minutes(T count) {
  return CallLimits(std::chrono::minutes(count));
}

}  // namespace

std::string plan_digest(const std::vector<Change>& changes) {
  std::string all;
  for (const Change& c : changes) {
    const std::string& content = c.after.empty() ? c.blob : c.after;
    all += c.path + '\0' + std::to_string(static_cast<unsigned>(c.op)) + '\0' + std::to_string(c.mode) + '\0' +
           content + '\0' + std::to_string(c.mapping) + '\0';
  }
  return sha256_hex(all);
}

// ---------------------------------------------------------------- source

struct OpenTree::Core {
  std::shared_ptr<InstanceCore> source;
  const stoker_source_v1* table;
  stoker_tree* tree;
  std::string revision;
};

const std::string& OpenTree::revision() const { return core_->revision; }

Async<Resolution> SourceModule::resolve(CallLimits limits, std::vector<std::string> refs) {
  auto body = [table = table_, self = self_, refs = std::move(refs)](const CallState& state) -> Result<Resolution> {
    Resolution answer;
    std::vector<stoker_str> wanted;
    for (const std::string& ref : refs) wanted.push_back(str(ref));
    auto resolved = keep(answer.refs);
    auto notes = keep(answer.notes);
    const stoker_status status =
        table->resolve(self, state.raw(), wanted.data(), wanted.size(), resolved.sink(), notes.sink());
    if (auto end = ended(state, status, resolved, notes); !end) return std::move(end).error();
    if (answer.refs.size() != refs.size())
      return misbehaving(std::to_string(answer.refs.size()) + " answers for " + std::to_string(refs.size()) + " refs")
          .in(state.what());
    return answer;
  };
  co_return co_await call<Resolution>(lanes_, core_, "resolve", std::move(limits), std::move(body));
}

Async<OpenTree> SourceModule::open(CallLimits limits, std::string revision) {
  auto body = [core = core_, table = table_, self = self_,
               revision = std::move(revision)](const CallState& state) -> Result<OpenTree> {
    stoker_tree* tree = nullptr;
    const stoker_status status = table->open(self, state.raw(), str(revision), &tree);
    if (auto end = ended(state, status); !end) return std::move(end).error();
    if (!tree) return misbehaving("opened nothing").in(state.what());
    return OpenTree(std::make_shared<OpenTree::Core>(OpenTree::Core{core, table, tree, revision}));
  };
  co_return co_await call<OpenTree>(lanes_, core_, "open", std::move(limits), std::move(body));
}

Async<void> SourceModule::close(OpenTree tree) {
  auto body = [core = tree.core()](const CallState&) -> Result<void> {
    core->table->close(core->tree);
    return {};
  };
  CallLimits limits;
  co_return co_await call<void>(lanes_, core_, "close", std::move(limits), std::move(body));
}

namespace {

// What a plugin asks with, of a face that it is shown.
Result<void> check_question(stoker_str path, bool may_be_empty, bool has_sink) {
  if (!has_sink) return misbehaving("asks without a sink");
  return may_be_empty && path.len == 0 ? Result<void>() : check_path(path);
}

// A tree shown to another plugin: checks what that one asks, and what the source says on its way.
class ViewFace {
 public:
  ViewFace(const OpenTree& tree, const CallState& state) : tree_(tree.core()), state_(state), entry_(*this) {
    entry_->struct_size = sizeof(stoker_view);
    entry_->revision = str(tree_->revision);
    entry_->list = [](const stoker_view* v, stoker_str under, stoker_file_sink out) {
      return asked(v, [&](ViewFace& self) {
        if (!self.may_ask(check_question(under, true, out.put))) return STOKER_E_INVALID;
        auto files = pass<File>([&](const stoker_file& f) { return handed_on(out.put(out.to, &f, 1)); });
        return self.end(self.tree_->table->list(self.tree_->tree, self.state_.raw(), under, files.sink()), files,
                        "list");
      });
    };
    entry_->read = [](const stoker_view* v, stoker_str path, stoker_byte_sink out) {
      return asked(v, [&](ViewFace& self) {
        if (!self.may_ask(check_question(path, false, out.put))) return STOKER_E_INVALID;
        ByteSink bytes(out);
        return self.end(self.tree_->table->read(self.tree_->tree, self.state_.raw(), path, bytes.sink()), bytes,
                        "read");
      });
    };
    entry_->since = [](const stoker_view* v, stoker_str revision, stoker_delta_sink out) {
      return asked(v, [&](ViewFace& self) {
        if (!self.may_ask(out.put ? check_text(revision, "a revision", 256) : misbehaving("asks without a sink")))
          return STOKER_E_INVALID;
        auto deltas = pass<Delta>([&](const stoker_delta& d) { return handed_on(out.put(out.to, &d, 1)); });
        return self.end(self.tree_->table->diff(self.tree_->tree, self.state_.raw(), revision, deltas.sink()), deltas,
                        "diff");
      });
    };
  }
  const stoker_view* raw() const { return entry_.get(); }
  // The fault of the source, or of who asked.
  Result<void> found() const { return kept_ ? entry_.found() : kept_; }

 private:
  template <class Ask>
  static stoker_status asked(const stoker_view* v, Ask ask) noexcept {
    auto& gate = *const_cast<GateTo<ViewFace, stoker_view>*>(static_cast<const GateTo<ViewFace, stoker_view>*>(v));
    if (!gate.lets_in()) return STOKER_E_INTERNAL;
    try {
      return ask(gate.behind);
    } catch (const std::exception&) {
      return STOKER_E_EXHAUSTED;
    }
  }
  static Result<void> handed_on(stoker_status status) {
    if (status != STOKER_OK) return Error(errc_of(status), "refused by the receiver");
    return {};
  }
  bool may_ask(Result<void> question) {
    const bool fine = bool(question);
    if (kept_ && !fine) kept_ = std::move(question);
    return fine;
  }
  template <class Sink>
  stoker_status end(stoker_status status, const Sink& sink, const std::string& verb) {
    blame(kept_, sink, tree_->source->module + ": " + verb);
    const Result<void> found = sink.found();
    return !found ? status_of(found.error().kind) : status;
  }
  std::shared_ptr<OpenTree::Core> tree_;
  const CallState& state_;
  Result<void> kept_;
  Entry<ViewFace, stoker_view> entry_;
};

}  // namespace

// ---------------------------------------------------------------- strategy

namespace {

std::string field(const boost::json::value& document, std::string_view pointer) {
  boost::system::error_code absent;
  const boost::json::value* found =
      document.find_pointer(boost::json::string_view(pointer.data(), pointer.size()), absent);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

Result<void> read_state(Recovered& into, const std::string& text) {
  boost::system::error_code bad;
  const boost::json::value document = boost::json::parse(text, bad);
  if (bad || !document.is_object()) return misbehaving("the state is not a JSON object");
  const std::string did = field(document, "/did");
  if (did == "nothing")
    into.did = Recovered::Did::nothing;
  else if (did == "finished")
    into.did = Recovered::Did::finished;
  else if (did == "undone")
    into.did = Recovered::Did::undone;
  else
    return misbehaving("did is \"" + did + "\"");
  into.run = field(document, "/run");
  into.base_revision = field(document, "/base/revision");
  into.base_inputs = field(document, "/base/inputs");
  into.base_vars = field(document, "/base/vars");
  into.base_run = field(document, "/base/run");
  return {};
}

}  // namespace

Async<Recovered> StrategyModule::recover(std::string keep_run) {
  auto body = [table = table_, self = self_,
               keep_run = std::move(keep_run)](const CallState& state) -> Result<Recovered> {
    Recovered answer;
    auto changes = keep(answer.changes);
    auto notes = keep(answer.notes);
    TextSink text(STOKER_DOCUMENT_BYTES_MAX);
    const stoker_status status =
        table->recover(self, state.raw(), str(keep_run), changes.sink(), notes.sink(), text.sink());
    if (auto end = ended(state, status, changes, notes, text); !end) return std::move(end).error();
    if (auto read = read_state(answer, text.text); !read) return std::move(read).error().in(state.what());
    return answer;
  };
  co_return co_await call<Recovered>(lanes_, core_, "recover", minutes(10), std::move(body));
}

Async<Planned> StrategyModule::plan(CallLimits limits, std::string run, std::string assignment, OpenTree tree) {
  auto body = [table = table_, self = self_, run = std::move(run), assignment = std::move(assignment),
               tree = std::move(tree)](const CallState& state) -> Result<Planned> {
    Planned answer;
    std::vector<Decision> decisions;
    auto changes = keep(answer.changes);
    auto notes = keep(answer.notes);
    auto decided = keep(decisions);
    ViewFace shown(tree, state);
    const stoker_status status = table->plan(self, state.raw(), str(run), str(assignment), shown.raw(), changes.sink(),
                                             notes.sink(), decided.sink());
    if (auto end = ended(state, status, shown, changes, notes, decided); !end) return std::move(end).error();
    if (decisions.size() != 1)
      return misbehaving(std::to_string(decisions.size()) + " decisions on a plan").in(state.what());
    if (decisions.front().verdict != Decision::Verdict::allow && decisions.front().verdict != Decision::Verdict::hold)
      return misbehaving("a verdict that does not belong here").in(state.what());
    answer.run = run;
    answer.decision = std::move(decisions.front());
    answer.digest = plan_digest(answer.changes);
    return answer;
  };
  co_return co_await call<Planned>(lanes_, core_, "plan", std::move(limits), std::move(body));
}

Async<void> StrategyModule::adopt(std::string run) {
  auto body = [table = table_, self = self_, run = std::move(run)](const CallState& state) {
    return ended(state, table->adopt(self, state.raw(), str(run)));
  };
  co_return co_await call<void>(lanes_, core_, "adopt", minutes(1), std::move(body));
}

Async<void> StrategyModule::stage(CallLimits limits, std::string run, OpenTree tree) {
  auto body = [table = table_, self = self_, run = std::move(run), tree = std::move(tree)](const CallState& state) {
    ViewFace shown(tree, state);
    const stoker_status status = table->stage(self, state.raw(), str(run), shown.raw());
    return ended(state, status, shown);
  };
  co_return co_await call<void>(lanes_, core_, "stage", std::move(limits), std::move(body));
}

Async<std::vector<Note>> StrategyModule::apply(std::string run) {
  auto body = [table = table_, self = self_,
               run = std::move(run)](const CallState& state) -> Result<std::vector<Note>> {
    std::vector<Note> kept;
    auto notes = keep(kept);
    const stoker_status status = table->apply(self, state.raw(), str(run), notes.sink());
    auto end = ended(state, status, notes);
    // what was renamed was renamed: a bad note must not turn an apply into a failure that nobody reverts
    if (status == STOKER_OK) return kept;
    if (!end) return std::move(end).error();
    return kept;
  };
  co_return co_await call<std::vector<Note>>(lanes_, core_, "apply", minutes(10), std::move(body));
}

Async<PutBack> StrategyModule::revert(std::string run) {
  auto body = [table = table_, self = self_, run = std::move(run)](const CallState& state) -> Result<PutBack> {
    PutBack answer;
    auto changes = keep(answer.changes);
    auto notes = keep(answer.notes);
    const stoker_status status = table->revert(self, state.raw(), str(run), changes.sink(), notes.sink());
    if (auto end = ended(state, status, changes, notes); !end) return std::move(end).error();
    return answer;
  };
  co_return co_await call<PutBack>(lanes_, core_, "revert", minutes(10), std::move(body));
}

Async<void> StrategyModule::forget(std::string run) {
  auto body = [table = table_, self = self_, run = std::move(run)](const CallState& state) {
    return ended(state, table->forget(self, state.raw(), str(run)));
  };
  co_return co_await call<void>(lanes_, core_, "forget", minutes(2), std::move(body));
}

// ---------------------------------------------------------------- verifier

// A plan shown to a verifier; content is asked of the strategy on the verifier's own thread, within its call.
class PlanFace {
 public:
  PlanFace(const PlanShown& shown, const CallState& state, const stoker_strategy_v1* table, stoker_strategy* strategy,
           std::string strategy_module)
      : shown_(shown),
        state_(state),
        table_(table),
        strategy_(strategy),
        strategy_module_(std::move(strategy_module)),
        entry_(*this) {
    entry_->struct_size = sizeof(stoker_plan);
    entry_->changes_count = shown.plan->changes.size();
    entry_->run = str(shown.plan->run);
    entry_->digest = str(shown.plan->digest);
    entry_->changes = [](const stoker_plan* p, stoker_change_sink out) -> stoker_status {
      PlanFace* self = let_in(p);
      if (!self || !self->may_ask(out.put ? Result<void>() : misbehaving("asks without a sink")))
        return STOKER_E_INVALID;
      for (const Change& change : self->shown_.plan->changes) {
        const stoker_change record = to_record(change);
        if (const stoker_status status = out.put(out.to, &record, 1)) return status;
      }
      return STOKER_OK;
    };
    entry_->content = [](const stoker_plan* p, stoker_str path, stoker_byte_sink out) -> stoker_status {
      PlanFace* self = let_in(p);
      if (!self || !self->may_ask(check_question(path, false, out.put))) return STOKER_E_INVALID;
      if (!self->table_ || !self->shown_.tree.core()) return STOKER_E_NOT_FOUND;
      return self->content(path, out);
    };
  }
  const stoker_plan* raw() const { return entry_.get(); }
  // The fault of the strategy or of its source, or of who asked.
  Result<void> found() const { return kept_ ? entry_.found() : kept_; }

 private:
  static PlanFace* let_in(const stoker_plan* p) {
    auto& gate = *const_cast<GateTo<PlanFace, stoker_plan>*>(static_cast<const GateTo<PlanFace, stoker_plan>*>(p));
    return gate.lets_in() ? &gate.behind : nullptr;
  }
  bool may_ask(Result<void> question) {
    const bool fine = bool(question);
    if (kept_ && !fine) kept_ = std::move(question);
    return fine;
  }
  stoker_status content(stoker_str path, stoker_byte_sink out) {
    ViewFace tree(shown_.tree, state_);
    ByteSink bytes(out);
    const stoker_status status =
        table_->content(strategy_, state_.raw(), str(shown_.plan->run), tree.raw(), path, bytes.sink());
    blame(kept_, tree, strategy_module_ + ": content");
    blame(kept_, bytes, strategy_module_ + ": content");
    const Result<void> found = bytes.found();
    return !found ? status_of(found.error().kind) : status;
  }
  const PlanShown& shown_;
  const CallState& state_;
  const stoker_strategy_v1* table_;
  stoker_strategy* strategy_;
  const std::string strategy_module_;
  Result<void> kept_;
  Entry<PlanFace, stoker_plan> entry_;
};

Async<std::string> VerifierModule::observe(CallLimits limits, std::string assignment) {
  auto body = [table = table_, self = self_,
               assignment = std::move(assignment)](const CallState& state) -> Result<std::string> {
    TextSink facts(STOKER_DOCUMENT_BYTES_MAX);
    const stoker_status status = table->observe(self, state.raw(), str(assignment), facts.sink());
    if (auto end = ended(state, status, facts); !end) return std::move(end).error();
    return facts.text;
  };
  co_return co_await call<std::string>(lanes_, core_, "observe", std::move(limits), std::move(body));
}

namespace {

Result<Decision> one_of(std::vector<Decision> decisions, const CallState& state, bool may_refuse) {
  if (decisions.size() != 1)
    return misbehaving(std::to_string(decisions.size()) + " decisions instead of one").in(state.what());
  const Decision::Verdict verdict = decisions.front().verdict;
  const bool fits = verdict == Decision::Verdict::allow || verdict == Decision::Verdict::hold ||
                    (may_refuse && verdict == Decision::Verdict::refuse);
  if (!fits) return misbehaving("a verdict that does not belong here").in(state.what());
  return std::move(decisions.front());
}

}  // namespace

Async<Decision> VerifierModule::admit(CallLimits limits, std::string assignment, PlanShown plan) {
  const stoker_strategy_v1* strategy_table = plan.strategy ? plan.strategy->table_ : nullptr;
  stoker_strategy* strategy = plan.strategy ? plan.strategy->self_ : nullptr;
  const std::string strategy_module = plan.strategy ? plan.strategy->module() : std::string();
  auto body = [table = table_, self = self_, strategy_table, strategy, strategy_module,
               assignment = std::move(assignment), plan = std::move(plan)](const CallState& state) -> Result<Decision> {
    std::vector<Decision> kept;
    auto decisions = keep(kept);
    PlanFace shown(plan, state, strategy_table, strategy, strategy_module);
    const stoker_status status = table->admit(self, state.raw(), str(assignment), shown.raw(), decisions.sink());
    if (auto end = ended(state, status, shown, decisions); !end) return std::move(end).error();
    return one_of(std::move(kept), state, true);
  };
  co_return co_await call<Decision>(lanes_, core_, "admit", std::move(limits), std::move(body));
}

Async<Locked> VerifierModule::lock(CallLimits limits, std::string assignment, PlanShown plan) {
  auto body = [table = table_, self = self_, assignment = std::move(assignment),
               plan = std::move(plan)](const CallState& state) -> Result<Locked> {
    std::vector<Decision> kept;
    auto decisions = keep(kept);
    TextSink ticket(STOKER_TICKET_BYTES_MAX);
    PlanFace shown(plan, state, nullptr, nullptr, "");
    const stoker_status status =
        table->lock(self, state.raw(), str(assignment), shown.raw(), decisions.sink(), ticket.sink());
    if (auto end = ended(state, status, shown, decisions, ticket); !end) return std::move(end).error();
    auto decision = one_of(std::move(kept), state, false);
    if (!decision) return std::move(decision).error();
    return Locked{std::move(decision).value(), std::move(ticket.text)};
  };
  co_return co_await call<Locked>(lanes_, core_, "lock", std::move(limits), std::move(body));
}

Async<Verdict> VerifierModule::verify(CallLimits limits, std::string assignment, PlanShown plan, std::string ticket) {
  auto body = [table = table_, self = self_, assignment = std::move(assignment), plan = std::move(plan),
               ticket = std::move(ticket)](const CallState& state) -> Result<Verdict> {
    Verdict answer;
    std::vector<Decision> kept;
    auto decisions = keep(kept);
    TextSink detail(STOKER_DOCUMENT_BYTES_MAX);
    PlanFace shown(plan, state, nullptr, nullptr, "");
    const stoker_status status =
        table->verify(self, state.raw(), str(assignment), shown.raw(), str(ticket), decisions.sink(), detail.sink());
    if (auto end = ended(state, status, shown, decisions, detail); !end) return std::move(end).error();
    if (kept.empty()) return misbehaving("no verdict").in(state.what());
    if (auto fine = check_document(detail.text, "the detail", true); !fine)
      return std::move(fine).error().in(state.what());
    for (Decision& decision : kept) {
      if (decision.verdict == Decision::Verdict::unhealthy)
        answer.unhealthy.push_back(std::move(decision));
      else if (decision.verdict != Decision::Verdict::healthy)
        return misbehaving("a verdict that does not belong here").in(state.what());
    }
    if (!answer.unhealthy.empty() && answer.unhealthy.size() != kept.size())
      return misbehaving("healthy and unhealthy at once").in(state.what());
    answer.detail = std::move(detail.text);
    return answer;
  };
  co_return co_await call<Verdict>(lanes_, core_, "verify", std::move(limits), std::move(body));
}

Async<void> VerifierModule::unlock(std::string assignment, std::string ticket) {
  auto body = [table = table_, self = self_, assignment = std::move(assignment),
               ticket = std::move(ticket)](const CallState& state) {
    return ended(state, table->unlock(self, state.raw(), str(assignment), str(ticket)));
  };
  CallLimits limits;
  co_return co_await call<void>(lanes_, core_, "unlock", std::move(limits), std::move(body));
}

// ---------------------------------------------------------------- trigger, notifier

Async<void> TriggerModule::watch(std::string syncs) {
  auto body = [core = core_, table = table_, self = self_, syncs = std::move(syncs)](const CallState& state) {
    return ended(state, table->watch(self, state.raw(), str(syncs)));
  };
  // beside a blocked next by contract: not in turn
  CallLimits limits;
  co_return co_await lanes_.call<void>(core_->module + ": watch", std::move(limits), std::move(body));
}

Async<std::vector<Hint>> TriggerModule::next(CallLimits limits) {
  auto body = [table = table_, self = self_](const CallState& state) -> Result<std::vector<Hint>> {
    std::vector<Hint> kept;
    auto hints = keep(kept);
    const stoker_status status = table->next(self, state.raw(), hints.sink());
    auto end = ended(state, status == STOKER_E_TIMEOUT ? STOKER_OK : status, hints);
    if (!end) return std::move(end).error();
    return kept;
  };
  co_return co_await call<std::vector<Hint>>(lanes_, core_, "next", std::move(limits), std::move(body));
}

Async<void> NotifierModule::notify(CallLimits limits, std::string key, std::string report) {
  auto body = [table = table_, self = self_, key = std::move(key), report = std::move(report)](const CallState& state) {
    return ended(state, table->notify(self, state.raw(), str(key), str(report)));
  };
  co_return co_await call<void>(lanes_, core_, "notify", std::move(limits), std::move(body));
}

// ---------------------------------------------------------------- making and ending instances

namespace {

template <class Table, class Handle>
Async<void> destroy(Lanes& lanes, std::shared_ptr<InstanceCore> core, const Table* table, Handle* self) {
  auto body = [core, table, self](const CallState&) -> Result<void> {
    table->destroy(self);
    return {};
  };
  co_return co_await call<void>(lanes, core, "destroy", CallLimits(std::chrono::seconds(10)), std::move(body));
}

template <class Handle, class Table>
Async<Handle*> create(Lanes& lanes, std::shared_ptr<InstanceCore> core, const Table* table, const stoker_host* face,
                      std::string config) {
  auto body = [core, table, face, config = std::move(config)](const CallState& state) -> Result<Handle*> {
    Handle* self = nullptr;
    const stoker_status status = table->create(face, state.raw(), str(config), &self);
    if (auto end = ended(state, status); !end) return std::move(end).error();
    if (!self) return misbehaving("created nothing").in(state.what());
    return self;
  };
  co_return co_await call<Handle*>(lanes, core, "create", CallLimits(std::chrono::seconds(30)), std::move(body));
}

}  // namespace

Async<void> SourceModule::end() { return destroy(lanes_, core_, table_, self_); }
Async<void> StrategyModule::end() { return destroy(lanes_, core_, table_, self_); }
Async<void> VerifierModule::end() { return destroy(lanes_, core_, table_, self_); }
Async<void> TriggerModule::end() { return destroy(lanes_, core_, table_, self_); }
Async<void> NotifierModule::end() { return destroy(lanes_, core_, table_, self_); }

template <class T, class Table>
Async<std::unique_ptr<T>> make_instance(Lanes& lanes, std::shared_ptr<InstanceCore> core, const Table* table,
                                        const stoker_host* face, std::string config) {
  using Handle = std::remove_pointer_t<decltype([] {
    auto pick = []<class H>(void (*)(H*)) -> H* { return nullptr; };
    return pick(decltype(Table::destroy)(nullptr));
  }())>;
  auto self = co_await create<Handle>(lanes, core, table, face, std::move(config));
  if (!self) co_return std::move(self).error();
  co_return std::make_unique<T>(lanes, std::move(core), table, *self);
}

template Async<std::unique_ptr<SourceModule>> make_instance<SourceModule>(Lanes&, std::shared_ptr<InstanceCore>,
                                                                          const stoker_source_v1*, const stoker_host*,
                                                                          std::string);
template Async<std::unique_ptr<StrategyModule>> make_instance<StrategyModule>(Lanes&, std::shared_ptr<InstanceCore>,
                                                                              const stoker_strategy_v1*,
                                                                              const stoker_host*, std::string);
template Async<std::unique_ptr<VerifierModule>> make_instance<VerifierModule>(Lanes&, std::shared_ptr<InstanceCore>,
                                                                              const stoker_verifier_v1*,
                                                                              const stoker_host*, std::string);
template Async<std::unique_ptr<TriggerModule>> make_instance<TriggerModule>(Lanes&, std::shared_ptr<InstanceCore>,
                                                                            const stoker_trigger_v1*,
                                                                            const stoker_host*, std::string);
template Async<std::unique_ptr<NotifierModule>> make_instance<NotifierModule>(Lanes&, std::shared_ptr<InstanceCore>,
                                                                              const stoker_notifier_v1*,
                                                                              const stoker_host*, std::string);

}  // namespace stoker::host
