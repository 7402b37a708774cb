// The kinds' tables as C++: one function for each verb.
#include "host/calls/instances.hpp"

#include "host/calls/call_guard.hpp"

#include <boost/json.hpp>

namespace stoker::host {

using boundary::blame, boundary::ByteSink, boundary::call, boundary::ended, boundary::Entry, boundary::GateTo,
    boundary::keep, boundary::pass, boundary::TextSink;

namespace {

CallLimits minutes(int count) { return CallLimits(std::chrono::minutes(count)); }

}  // namespace

// ---------------------------------------------------------------- source

struct OpenTree::Core {
  std::shared_ptr<InstanceCore> source;
  const stoker_source_v1* table;
  stoker_tree* tree;
  std::string revision;
};

const std::string& OpenTree::revision() const { return core_->revision; }

Async<Resolution> SourceInstance::resolve(CallLimits limits, std::vector<std::string> refs) {
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
  co_return co_await call<Resolution>(workers_, core_, "resolve", std::move(limits), std::move(body));
}

Async<OpenTree> SourceInstance::open(CallLimits limits, std::string revision) {
  auto body = [core = core_, table = table_, self = self_,
               revision = std::move(revision)](const CallState& state) -> Result<OpenTree> {
    stoker_tree* tree = nullptr;
    const stoker_status status = table->open(self, state.raw(), str(revision), &tree);
    if (auto end = ended(state, status); !end) return std::move(end).error();
    if (!tree) return misbehaving("opened nothing").in(state.what());
    return OpenTree(std::make_shared<OpenTree::Core>(OpenTree::Core{core, table, tree, revision}));
  };
  co_return co_await call<OpenTree>(workers_, core_, "open", std::move(limits), std::move(body));
}

Async<void> SourceInstance::close(OpenTree tree) {
  auto body = [core = tree.core()](const CallState&) -> Result<void> {
    core->table->close(core->tree);
    return {};
  };
  CallLimits limits;
  co_return co_await call<void>(workers_, core_, "close", std::move(limits), std::move(body));
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
        const stoker_status status = self.tree_->table->list(self.tree_->tree, self.state_.raw(), under, files.sink());
        self.keep_reason(status);
        return self.end(status, files, "list");
      });
    };
    entry_->read = [](const stoker_view* v, stoker_str path, stoker_byte_sink out) {
      return asked(v, [&](ViewFace& self) {
        if (!self.may_ask(check_question(path, false, out.put))) return STOKER_E_INVALID;
        ByteSink bytes(out);
        const stoker_status status = self.tree_->table->read(self.tree_->tree, self.state_.raw(), path, bytes.sink());
        self.keep_reason(status);
        return self.end(status, bytes, "read");
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
  // The failure of who asked, with the source's own reason where that is all that it is: a view answers with a status.
  Error explained(Error failure) const {
    if (!why_ || why_->kind != failure.kind || !failure.code.empty()) return failure;
    return Error(*why_).in(failure.message);
  }

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
  void keep_reason(stoker_status status) {
    if (status == STOKER_OK) return;
    auto said = state_.said();
    if (said && status_of(said->kind) == status) why_ = std::move(*said).in(tree_->source->module);
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
  std::optional<Error> why_;  // a question failed, as the source said
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

Async<Recovered> StrategyInstance::recover(std::string keep_run) {
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
  co_return co_await call<Recovered>(workers_, core_, "recover", minutes(10), std::move(body));
}

Async<Planned> StrategyInstance::plan(CallLimits limits, std::string run, std::string assignment, OpenTree tree) {
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
    if (auto end = ended(state, status, shown, changes, notes, decided); !end)
      return shown.explained(std::move(end).error());
    if (decisions.size() != 1)
      return misbehaving(std::to_string(decisions.size()) + " decisions on a plan").in(state.what());
    if (decisions.front().verdict != Decision::Verdict::allow && decisions.front().verdict != Decision::Verdict::hold)
      return misbehaving("a verdict that does not belong here").in(state.what());
    answer.run = run;
    answer.decision = std::move(decisions.front());
    answer.digest = answer.changes.digest();
    return answer;
  };
  co_return co_await call<Planned>(workers_, core_, "plan", std::move(limits), std::move(body));
}

Async<void> StrategyInstance::adopt(std::string run) {
  auto body = [table = table_, self = self_, run = std::move(run)](const CallState& state) {
    return ended(state, table->adopt(self, state.raw(), str(run)));
  };
  co_return co_await call<void>(workers_, core_, "adopt", minutes(1), std::move(body));
}

Async<void> StrategyInstance::stage(CallLimits limits, std::string run, OpenTree tree) {
  auto body = [table = table_, self = self_, run = std::move(run),
               tree = std::move(tree)](const CallState& state) -> Result<void> {
    ViewFace shown(tree, state);
    const stoker_status status = table->stage(self, state.raw(), str(run), shown.raw());
    if (auto end = ended(state, status, shown); !end) return shown.explained(std::move(end).error());
    return {};
  };
  co_return co_await call<void>(workers_, core_, "stage", std::move(limits), std::move(body));
}

Async<std::vector<Note>> StrategyInstance::apply(std::string run) {
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
  co_return co_await call<std::vector<Note>>(workers_, core_, "apply", minutes(10), std::move(body));
}

Async<PutBack> StrategyInstance::revert(std::string run) {
  auto body = [table = table_, self = self_, run = std::move(run)](const CallState& state) -> Result<PutBack> {
    PutBack answer;
    auto changes = keep(answer.changes);
    auto notes = keep(answer.notes);
    const stoker_status status = table->revert(self, state.raw(), str(run), changes.sink(), notes.sink());
    if (auto end = ended(state, status, changes, notes); !end) return std::move(end).error();
    return answer;
  };
  co_return co_await call<PutBack>(workers_, core_, "revert", minutes(10), std::move(body));
}

Async<void> StrategyInstance::forget(std::string run) {
  auto body = [table = table_, self = self_, run = std::move(run)](const CallState& state) {
    return ended(state, table->forget(self, state.raw(), str(run)));
  };
  co_return co_await call<void>(workers_, core_, "forget", minutes(2), std::move(body));
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

Async<std::string> VerifierInstance::observe(CallLimits limits, std::string assignment) {
  auto body = [table = table_, self = self_,
               assignment = std::move(assignment)](const CallState& state) -> Result<std::string> {
    TextSink facts(STOKER_DOCUMENT_BYTES_MAX);
    const stoker_status status = table->observe(self, state.raw(), str(assignment), facts.sink());
    if (auto end = ended(state, status, facts); !end) return std::move(end).error();
    return facts.text;
  };
  co_return co_await call<std::string>(workers_, core_, "observe", std::move(limits), std::move(body));
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

Async<Decision> VerifierInstance::admit(CallLimits limits, std::string assignment, PlanShown plan) {
  const stoker_strategy_v1* strategy_table = plan.strategy ? plan.strategy->table_ : nullptr;
  stoker_strategy* strategy = plan.strategy ? plan.strategy->self_ : nullptr;
  const std::string strategy_module = plan.strategy ? plan.strategy->module_name() : std::string();
  auto body = [table = table_, self = self_, strategy_table, strategy, strategy_module,
               assignment = std::move(assignment), plan = std::move(plan)](const CallState& state) -> Result<Decision> {
    std::vector<Decision> kept;
    auto decisions = keep(kept);
    PlanFace shown(plan, state, strategy_table, strategy, strategy_module);
    const stoker_status status = table->admit(self, state.raw(), str(assignment), shown.raw(), decisions.sink());
    if (auto end = ended(state, status, shown, decisions); !end) return std::move(end).error();
    return one_of(std::move(kept), state, true);
  };
  co_return co_await call<Decision>(workers_, core_, "admit", std::move(limits), std::move(body));
}

Async<Locked> VerifierInstance::lock(CallLimits limits, std::string assignment, PlanShown plan) {
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
  co_return co_await call<Locked>(workers_, core_, "lock", std::move(limits), std::move(body));
}

Async<Verdict> VerifierInstance::verify(CallLimits limits, std::string assignment, PlanShown plan, std::string ticket) {
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
  co_return co_await call<Verdict>(workers_, core_, "verify", std::move(limits), std::move(body));
}

Async<void> VerifierInstance::unlock(std::string assignment, std::string ticket) {
  auto body = [table = table_, self = self_, assignment = std::move(assignment),
               ticket = std::move(ticket)](const CallState& state) {
    return ended(state, table->unlock(self, state.raw(), str(assignment), str(ticket)));
  };
  CallLimits limits;
  co_return co_await call<void>(workers_, core_, "unlock", std::move(limits), std::move(body));
}

// ---------------------------------------------------------------- trigger, notifier

Async<void> TriggerInstance::watch(std::string syncs) {
  auto body = [core = core_, table = table_, self = self_, syncs = std::move(syncs)](const CallState& state) {
    return ended(state, table->watch(self, state.raw(), str(syncs)));
  };
  // beside a blocked next by contract: not in turn
  CallLimits limits;
  co_return co_await workers_.call<void>(core_->module + ": watch", std::move(limits), std::move(body));
}

Async<std::vector<Hint>> TriggerInstance::next(CallLimits limits) {
  auto body = [table = table_, self = self_](const CallState& state) -> Result<std::vector<Hint>> {
    std::vector<Hint> kept;
    auto hints = keep(kept);
    const stoker_status status = table->next(self, state.raw(), hints.sink());
    auto end = ended(state, status == STOKER_E_TIMEOUT ? STOKER_OK : status, hints);
    if (!end) return std::move(end).error();
    return kept;
  };
  co_return co_await call<std::vector<Hint>>(workers_, core_, "next", std::move(limits), std::move(body));
}

Async<void> NotifierInstance::notify(CallLimits limits, std::string key, std::string report) {
  auto body = [table = table_, self = self_, key = std::move(key), report = std::move(report)](const CallState& state) {
    return ended(state, table->notify(self, state.raw(), str(key), str(report)));
  };
  co_return co_await call<void>(workers_, core_, "notify", std::move(limits), std::move(body));
}

// ---------------------------------------------------------------- making and ending instances

namespace {

template <class Table, class Handle>
Async<void> destroy(Workers& workers, std::shared_ptr<InstanceCore> core, const Table* table, Handle* self) {
  auto body = [core, table, self](const CallState&) -> Result<void> {
    table->destroy(self);
    return {};
  };
  co_return co_await call<void>(workers, core, "destroy", CallLimits(std::chrono::seconds(10)), std::move(body));
}

template <class Handle, class Table>
Async<Handle*> create(Workers& workers, std::shared_ptr<InstanceCore> core, const Table* table, const stoker_host* face,
                      std::string config) {
  auto body = [core, table, face, config = std::move(config)](const CallState& state) -> Result<Handle*> {
    Handle* self = nullptr;
    const stoker_status status = table->create(face, state.raw(), str(config), &self);
    if (auto end = ended(state, status); !end) return std::move(end).error();
    if (!self) return misbehaving("created nothing").in(state.what());
    return self;
  };
  co_return co_await call<Handle*>(workers, core, "create", CallLimits(std::chrono::seconds(30)), std::move(body));
}

}  // namespace

Async<void> SourceInstance::end() { return destroy(workers_, core_, table_, self_); }
Async<void> StrategyInstance::end() { return destroy(workers_, core_, table_, self_); }
Async<void> VerifierInstance::end() { return destroy(workers_, core_, table_, self_); }
Async<void> TriggerInstance::end() { return destroy(workers_, core_, table_, self_); }
Async<void> NotifierInstance::end() { return destroy(workers_, core_, table_, self_); }

template <class T, class Table>
Async<std::unique_ptr<T>> make_instance(Workers& workers, std::shared_ptr<InstanceCore> core, const Table* table,
                                        const stoker_host* face, std::string config) {
  using Handle = std::remove_pointer_t<decltype([] {
    auto pick = []<class H>(void (*)(H*)) -> H* { return nullptr; };
    return pick(decltype(Table::destroy)(nullptr));
  }())>;
  auto self = co_await create<Handle>(workers, core, table, face, std::move(config));
  if (!self) co_return std::move(self).error();
  co_return std::make_unique<T>(workers, std::move(core), table, *self);
}

template Async<std::unique_ptr<SourceInstance>> make_instance<SourceInstance>(Workers&, std::shared_ptr<InstanceCore>,
                                                                              const stoker_source_v1*,
                                                                              const stoker_host*, std::string);
template Async<std::unique_ptr<StrategyInstance>> make_instance<StrategyInstance>(Workers&,
                                                                                  std::shared_ptr<InstanceCore>,
                                                                                  const stoker_strategy_v1*,
                                                                                  const stoker_host*, std::string);
template Async<std::unique_ptr<VerifierInstance>> make_instance<VerifierInstance>(Workers&,
                                                                                  std::shared_ptr<InstanceCore>,
                                                                                  const stoker_verifier_v1*,
                                                                                  const stoker_host*, std::string);
template Async<std::unique_ptr<TriggerInstance>> make_instance<TriggerInstance>(Workers&, std::shared_ptr<InstanceCore>,
                                                                                const stoker_trigger_v1*,
                                                                                const stoker_host*, std::string);
template Async<std::unique_ptr<NotifierInstance>> make_instance<NotifierInstance>(Workers&,
                                                                                  std::shared_ptr<InstanceCore>,
                                                                                  const stoker_notifier_v1*,
                                                                                  const stoker_host*, std::string);

}  // namespace stoker::host
