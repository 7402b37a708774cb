#include "host/plugins.hpp"

#include "host/digest.hpp"
#include "host/utf8.hpp"

#include <stoker/call.hpp>

#include <boost/json.hpp>

#include <thread>

namespace stoker::host {

namespace {

// ---------------------------------------------------------------- what a plugin may hand over

constexpr std::size_t records_max = 5'000'000;
constexpr std::size_t text_bytes_max = 8192;

Error misbehaving(std::string what) {
  return Error(errc::internal, "plugin misbehaves: " + std::move(what), "host.plugin-misbehaving");
}

Result<void> check_text(stoker_str text, std::string_view what, std::size_t bytes_max = text_bytes_max) {
  if (text.len != 0 && text.ptr == nullptr) return misbehaving(std::string(what) + " is null with a length");
  if (text.len > bytes_max)
    return misbehaving(std::string(what) + " is longer than " + std::to_string(bytes_max) + " bytes");
  if (!valid_utf8(view(text))) return misbehaving(std::string(what) + " is not UTF-8");
  return {};
}

Result<void> check_path(stoker_str path) {
  if (auto text = check_text(path, "a path", 4096); !text) return text;
  if (!valid_path(view(path))) return misbehaving("path \"" + string(path) + "\" is not relative and plain");
  return {};
}

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

Result<void> check(const stoker_resolved& r) {
  return all(check_text(r.revision, "a revision", 256), check_text(r.ref, "a ref", 1024),
             view(r.revision).empty() ? Result<void>() : check_enum(r.kind, STOKER_REF_OTHER, "the kind of a ref"));
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
  return all(check_path(c.path), view(c.origin).empty() ? Result<void>() : check_path(c.origin),
             check_text(c.blob, "a blob", 256), check_text(c.before, "a digest", 128),
             check_text(c.after, "a digest", 128), check_enum(c.op, STOKER_CHANGE_CHMOD, "the op of a change"));
}
Result<void> check(const stoker_note& n) {
  return all(check_text(n.code, "the code of a note", 64), check_text(n.path, "the path of a note"),
             check_text(n.text, "a note"));
}
Result<void> check(const stoker_decision& d) {
  return all(check_enum(d.verdict, STOKER_UNHEALTHY, "a verdict"), check_text(d.name, "the name of a decision"),
             check_text(d.reason, "the reason of a decision"), check_text(d.ended_by, "what ends a hold"));
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

// A sink that checks each record and hands it on.
template <class T, class Next>
class CheckedSink {
 public:
  explicit CheckedSink(Next next) : next_(std::move(next)) {}
  typename T::Sink sink() { return {this, &CheckedSink::put}; }
  const Result<void>& kept() const { return kept_; }

 private:
  using Record = typename T::Record;
  static stoker_status put(void* to, const Record* items, std::size_t count) noexcept {
    auto& self = *static_cast<CheckedSink*>(to);
    if (std::this_thread::get_id() != self.thread_) {  // the other thread must not write what this one reads
      self.wrong_thread_.store(true);
      return STOKER_E_INTERNAL;
    }
    try {
      for (std::size_t i = 0; i < count && self.kept_; ++i) self.kept_ = self.take(items[i]);
    } catch (const std::exception& thrown) {
      self.kept_ = Error(errc::exhausted, thrown.what());
    }
    return self.kept_ ? STOKER_OK : status_of(self.kept_.error().kind);
  }
  Result<void> take(const Record& record) {
    if (++count_ > records_max) return misbehaving("more than " + std::to_string(records_max) + " records");
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
  const std::thread::id thread_ = std::this_thread::get_id();

 public:
  std::atomic<bool> wrong_thread_{false};
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
  explicit TextSink(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  stoker_text_sink sink() { return {this, &TextSink::put}; }
  Result<void> kept_;
  std::string text;

 private:
  static stoker_status put(void* to, const stoker_str* items, std::size_t count) noexcept {
    auto& self = *static_cast<TextSink*>(to);
    if (count == 0) return STOKER_OK;
    if (count > 1 || !self.text.empty())
      self.kept_ = misbehaving("more than one document");
    else
      self.kept_ = check_text(items[0], "a document", self.bytes_max_);
    if (!self.kept_) return STOKER_E_INTERNAL;
    self.text = string(items[0]);
    return STOKER_OK;
  }
  std::size_t bytes_max_;
};

// What a call ended in: first what a sink found, then what the plugin said.
template <class... Sinks>
Result<void> ended(const CallState& state, stoker_status status, const Sinks&... sinks) {
  Result<void> found;
  [[maybe_unused]] auto look = [&](const auto& sink) {
    if constexpr (requires { sink.wrong_thread_; })
      if (found && sink.wrong_thread_.load()) found = misbehaving("answers on another thread than it was called on");
    if (!found) return;
    if constexpr (requires { sink.kept(); }) {
      if (!sink.kept()) found = sink.kept().error();
    } else if (!sink.kept_) {
      found = sink.kept_.error();
    }
  };
  (look(sinks), ...);
  if (!found) return std::move(found).error().in(state.what());
  if (status != STOKER_OK) return state.error(status);
  return {};
}

// ---------------------------------------------------------------- how an instance is called

// Serial instances get one call at a time; an instance that was written off gets none.
template <class T, class Function>
Result<T> in_turn(InstanceCore& core, const CallState& state, Function function) {
  std::unique_lock turn(core.turn, std::defer_lock);
  if (!core.reentrant && !turn.try_lock_for(std::max(state.remaining(), std::chrono::milliseconds(1))))
    return Error(errc::timeout, state.what() + ": the instance is busy with another call", "host.busy");
  return function();
}

template <class T, class Function>
Async<T> call(Lanes& lanes, std::shared_ptr<InstanceCore> core, std::string verb, CallLimits limits,
              Function function) {
  if (core->written_off.load())
    co_return Error(errc::internal,
                    core->module + ": " + verb + ": the instance was written off after a call that did not return",
                    "host.written-off");
  auto body = [core, function = std::move(function)](const CallState& state) mutable {
    return in_turn<T>(*core, state, [&] { return function(state); });
  };
  std::string what = core->module + ": " + verb;
  Result<T> result = co_await lanes.call<T>(std::move(what), std::move(limits), std::move(body));
  if (!result && result.error().code == "host.written-off") core->written_off.store(true);
  co_return result;
}

template <class T>
CallLimits minutes(T count) {
  return CallLimits(std::chrono::minutes(count));
}

}  // namespace

bool valid_path(std::string_view path) {
  if (path.empty() || path.size() > 4096 || path.front() == '/' || path.back() == '/') return false;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

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

// A tree shown to another plugin: checks what the source says on its way.
class ViewFace {
 public:
  ViewFace(const OpenTree& tree, const CallState& state) : tree_(tree.core()), state_(state) {
    face_.view.struct_size = sizeof face_.view;
    face_.view.revision = str(tree_->revision);
    face_.self = this;
    face_.view.list = [](const stoker_view* v, stoker_str under, stoker_file_sink out) -> stoker_status {
      auto& self = of(v);
      auto files = pass<File>([&](const stoker_file& f) { return handed_on(out.put(out.to, &f, 1)); });
      return self.end(self.tree_->table->list(self.tree_->tree, self.state_.raw(), under, files.sink()), files);
    };
    face_.view.read = [](const stoker_view* v, stoker_str path, stoker_byte_sink out) -> stoker_status {
      auto& self = of(v);
      return self.tree_->table->read(self.tree_->tree, self.state_.raw(), path, out);
    };
    face_.view.since = [](const stoker_view* v, stoker_str revision, stoker_delta_sink out) -> stoker_status {
      auto& self = of(v);
      auto deltas = pass<Delta>([&](const stoker_delta& d) { return handed_on(out.put(out.to, &d, 1)); });
      return self.end(self.tree_->table->diff(self.tree_->tree, self.state_.raw(), revision, deltas.sink()), deltas);
    };
  }
  const stoker_view* raw() const { return &face_.view; }
  // The source's fault, if it was the source that misbehaved.
  Result<void> kept_;

 private:
  struct Face {
    stoker_view view{};
    ViewFace* self;
  };
  static ViewFace& of(const stoker_view* v) { return *reinterpret_cast<const Face*>(v)->self; }
  static Result<void> handed_on(stoker_status status) {
    if (status != STOKER_OK) return Error(errc_of(status), "refused by the receiver");
    return {};
  }
  template <class Sink>
  stoker_status end(stoker_status status, const Sink& sink) {
    if (!sink.kept() && sink.kept().error().code == "host.plugin-misbehaving")
      kept_ = sink.kept().error().in(tree_->source->module);
    return !sink.kept() ? status_of(sink.kept().error().kind) : status;
  }
  Face face_;
  std::shared_ptr<OpenTree::Core> tree_;
  const CallState& state_;
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
    // what was renamed was renamed: a bad note must not turn an apply into a failure that nobody reverts
    if (status == STOKER_OK) return kept;
    if (auto end = ended(state, status, notes); !end) return std::move(end).error();
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
  PlanFace(const PlanShown& shown, const CallState& state, const stoker_strategy_v1* table, stoker_strategy* strategy)
      : shown_(shown), state_(state), table_(table), strategy_(strategy) {
    stoker_plan& plan = face_.plan;
    plan.struct_size = sizeof plan;
    plan.changes_count = shown.plan->changes.size();
    plan.run = str(shown.plan->run);
    plan.digest = str(shown.plan->digest);
    face_.self = this;
    plan.changes = [](const stoker_plan* p, stoker_change_sink out) -> stoker_status {
      for (const Change& change : of(p).shown_.plan->changes) {
        const stoker_change record = to_record(change);
        if (const stoker_status status = out.put(out.to, &record, 1)) return status;
      }
      return STOKER_OK;
    };
    plan.content = [](const stoker_plan* p, stoker_str path, stoker_byte_sink out) -> stoker_status {
      auto& self = of(p);
      if (!self.table_ || !self.shown_.tree.core()) return STOKER_E_NOT_FOUND;
      ViewFace tree(self.shown_.tree, self.state_);
      return self.table_->content(self.strategy_, self.state_.raw(), str(self.shown_.plan->run), tree.raw(), path, out);
    };
  }
  const stoker_plan* raw() const { return &face_.plan; }

 private:
  struct Face {
    stoker_plan plan{};
    PlanFace* self;
  };
  static PlanFace& of(const stoker_plan* p) { return *reinterpret_cast<const Face*>(p)->self; }
  Face face_;
  const PlanShown& shown_;
  const CallState& state_;
  const stoker_strategy_v1* table_;
  stoker_strategy* strategy_;
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
  auto body = [table = table_, self = self_, strategy_table, strategy, assignment = std::move(assignment),
               plan = std::move(plan)](const CallState& state) -> Result<Decision> {
    std::vector<Decision> kept;
    auto decisions = keep(kept);
    PlanFace shown(plan, state, strategy_table, strategy);
    const stoker_status status = table->admit(self, state.raw(), str(assignment), shown.raw(), decisions.sink());
    if (auto end = ended(state, status, decisions); !end) return std::move(end).error();
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
    PlanFace shown(plan, state, nullptr, nullptr);
    const stoker_status status =
        table->lock(self, state.raw(), str(assignment), shown.raw(), decisions.sink(), ticket.sink());
    if (auto end = ended(state, status, decisions, ticket); !end) return std::move(end).error();
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
    PlanFace shown(plan, state, nullptr, nullptr);
    const stoker_status status =
        table->verify(self, state.raw(), str(assignment), shown.raw(), str(ticket), decisions.sink(), detail.sink());
    if (auto end = ended(state, status, decisions, detail); !end) return std::move(end).error();
    if (kept.empty()) return misbehaving("no verdict").in(state.what());
    for (Decision& decision : kept) {
      if (decision.verdict == Decision::Verdict::unhealthy)
        answer.unhealthy.push_back(std::move(decision));
      else if (decision.verdict != Decision::Verdict::healthy)
        return misbehaving("a verdict that does not belong here").in(state.what());
    }
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
