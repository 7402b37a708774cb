// A plugin of all five kinds that keeps the contract but for one lie, told once: the setting `lie` says in which
// function and what ("list.path:null", "plan.changes:thread", "notify.fail:short"). Written against the C tables: the
// glue would not let it. Built by the tests only; one call at a time.
#include <stoker/abi/notifier.h>
#include <stoker/abi/trigger.h>
#include <stoker/abi/verifier.h>
#include <stoker/manifest_note.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

STOKER_MANIFEST(FAULT_MANIFEST);

namespace faulty {

using Text = std::string_view;

struct Liar {
  std::string lie;
  std::function<void()> late;  // what is to be called when the call it was for has returned
  const stoker_call* call = nullptr;
  std::string verb;
  bool let_in =
      false;  // a callback on another thread, or a late one, did not get STOKER_E_INTERNAL: no call works then

  // Is this the lie, and is it still to be told?
  bool tells(Text what) {
    if (lie != verb + "." + std::string(what)) return false;
    lie.clear();
    return true;
  }
  void expect_refusal(stoker_status status) { let_in = let_in || status != STOKER_E_INTERNAL; }
};

stoker_str str(Text text) { return {text.data(), text.size()}; }

// A field of a record.
stoker_str text(Liar& liar, const std::string& field, Text honest) {
  static const std::string megabytes(4 << 20, 'x');
  if (liar.tells(field + ":null")) return {nullptr, 7};
  if (liar.tells(field + ":utf8")) return str("\xc3\x28");
  if (liar.tells(field + ":nul")) return str(Text("a\0b", 3));
  if (liar.tells(field + ":long")) return str(megabytes);
  if (liar.tells(field + ":empty")) return {};
  if (liar.tells(field + ":outside")) return str("a/../../b");
  if (liar.tells(field + ":absolute")) return str("/etc/passwd");
  if (liar.tells(field + ":json")) return str("{\"a\":");
  if (liar.tells(field + ":words")) return str(R"({"state": "asleep", "did": "perhaps"})");
  if (liar.tells(field + ":role")) return str(R"({"state": "running", "role": "boss"})");
  return str(honest);
}

std::uint32_t number(Liar& liar, const std::string& field, std::uint32_t honest) {
  if (liar.tells(field + ":0")) return 0;
  if (liar.tells(field + ":9")) return 9;
  if (liar.tells(field + ":max")) return UINT32_MAX;
  for (std::uint32_t other = 1; other <= STOKER_UNHEALTHY; ++other)
    if (liar.tells(field + ":is" + std::to_string(other))) return other;
  return honest;
}

// Puts one record, or lies about how it is handed over.
template <class Sink, class Record>
stoker_status put(Liar& liar, const std::string& name, Sink sink, const Record& record) {
  if (liar.tells(name + ":none")) return STOKER_OK;
  if (liar.tells(name + ":null")) return sink.put(sink.to, nullptr, 1);
  if (liar.tells(name + ":count")) return sink.put(sink.to, &record, SIZE_MAX / 2);
  if (liar.tells(name + ":twice")) (void)sink.put(sink.to, &record, 1);
  if (liar.tells(name + ":ignores")) {  // goes on after a refusal, and calls it success
    (void)sink.put(sink.to, nullptr, 1);
    (void)sink.put(sink.to, &record, 1);
    return STOKER_OK;
  }
  if (liar.tells(name + ":thread")) std::thread([&] { (void)sink.put(sink.to, &record, 1); }).join();
  if (liar.tells(name + ":late")) liar.late = [sink, record] { (void)sink.put(sink.to, &record, 1); };
  if (liar.tells(name + ":flood"))
    for (int i = 0; i < 6'000'000; ++i)
      if (const stoker_status full = sink.put(sink.to, &record, 1)) return full;
  return sink.put(sink.to, &record, 1);
}

// How a call may end badly: by what is said of a failure.
stoker_status end(Liar& liar) {
  stoker_error error{sizeof(stoker_error), STOKER_E_DENIED, 0, 0, str("liar.denied"), str("no"), {}};
  if (liar.let_in) return 4712;
  if (liar.tells("fail:silent")) return STOKER_E_DENIED;
  if (liar.tells("fail:unknown")) return 4711;
  if (liar.tells("fail:negative")) return -1;
  if (liar.tells("fail:nothing")) return liar.call->fail(liar.call, nullptr), STOKER_E_DENIED;
  if (liar.tells("fail:short")) return error.struct_size = 8, liar.call->fail(liar.call, &error);
  if (liar.tells("fail:status")) return error.status = 77, liar.call->fail(liar.call, &error);
  if (liar.tells("fail:null")) return error.message = {nullptr, 9}, liar.call->fail(liar.call, &error);
  if (liar.tells("fail:code")) return error.code = str("\xff"), liar.call->fail(liar.call, &error);
  if (liar.tells("fail:detail")) return error.detail = str("{no json"), liar.call->fail(liar.call, &error);
  if (liar.tells("fail:quietly")) return liar.call->fail(liar.call, nullptr), STOKER_OK;
  if (liar.tells("fail:late"))
    liar.late = [call = liar.call, error] {
      (void)call->remaining_ms(call);
      (void)call->cancelled(call);
      (void)call->fail(call, &error);
    };
  return STOKER_OK;
}

Liar& begin(void* self, const stoker_call* call, const char* verb) {
  auto& liar = *static_cast<Liar*>(self);
  liar.call = call;
  liar.verb = verb;
  if (liar.late) std::exchange(liar.late, nullptr)();
  return liar;
}

template <class Instance>
stoker_status create(const stoker_host*, const stoker_call* call, stoker_str config, Instance** out) {
  constexpr Text before = R"("lie":")";
  const Text whole(config.ptr, config.len);
  const std::size_t at = whole.find(before);
  Liar liar;
  if (at != Text::npos)
    liar.lie = whole.substr(at + before.size(), whole.find('"', at + before.size()) - at - before.size());
  liar.call = call;
  liar.verb = "create";
  if (liar.tells("nothing")) return STOKER_OK;
  if (const stoker_status status = end(liar)) return status;
  *out = reinterpret_cast<Instance*>(new Liar(std::move(liar)));
  return STOKER_OK;
}
template <class Instance>
void destroy(Instance* self) {
  delete reinterpret_cast<Liar*>(self);
}

stoker_note note(Liar& liar) {
  return {text(liar, "note.code", "skipped"), text(liar, "note.path", "p/a"), text(liar, "note.text", "as said")};
}
stoker_check check(Liar& liar) {
  return {number(liar, "check.status", STOKER_CHECK_OK), 0, text(liar, "check.name", "key: write"),
          text(liar, "check.text", "it may"), text(liar, "check.remedy", "")};
}
stoker_decision decision(Liar& liar, std::uint32_t verdict) {
  return {number(liar, "verdict", verdict), 0, 0, 0, text(liar, "name", "liar"), text(liar, "reason", "so"),
          text(liar, "endedBy", "")};
}
stoker_change change(Liar& liar) {
  return {text(liar, "path", "p/a"),
          text(liar, "origin", "p/a"),
          text(liar, "blob", "b1"),
          text(liar, "before", ""),
          text(liar, "after", ""),
          3,
          number(liar, "op", STOKER_CHANGE_ADD),
          0644,
          0,
          0};
}
stoker_file file(Liar& liar, Text path) {
  return {text(liar, "path", path), text(liar, "blob", "b1"), 1, number(liar, "mode", 0644),
          number(liar, "type", STOKER_FILE_REGULAR)};
}
// Of what was put in this order.
stoker_status first(Liar& liar, std::initializer_list<stoker_status> statuses) {
  for (const stoker_status status : statuses)
    if (status) return status;
  return end(liar);
}

// ---------------------------------------------------------------- source

const stoker_source_v1 source = {
    sizeof(stoker_source_v1),
    0,
    create<stoker_source>,
    destroy<stoker_source>,
    [](stoker_source* self, const stoker_call* call, const stoker_str*, size_t, stoker_resolved_sink out,
       stoker_note_sink notes) {
      Liar& liar = begin(self, call, "resolve");
      const stoker_resolved record{text(liar, "revision", "r1"),
                                   text(liar, "ref", "refs/heads/main"),
                                   {},
                                   {},
                                   number(liar, "kind", STOKER_REF_BRANCH),
                                   static_cast<stoker_status>(number(liar, "status", STOKER_OK))};
      return first(liar, {put(liar, "refs", out, record), put(liar, "notes", notes, note(liar))});
    },
    [](stoker_source* self, const stoker_call* call, stoker_str, stoker_tree** out) -> stoker_status {
      Liar& liar = begin(self, call, "open");
      if (liar.tells("nothing")) return STOKER_OK;
      *out = reinterpret_cast<stoker_tree*>(self);
      return end(liar);
    },
    [](stoker_tree*) {},
    [](stoker_tree* self, const stoker_call* call, stoker_str, stoker_file_sink out) {
      Liar& liar = begin(self, call, "list");
      const bool order = liar.tells("order");
      return first(liar, {put(liar, "files", out, file(liar, order ? "p/b" : "p/a")),
                          put(liar, "more", out, file(liar, order ? "p/a" : "p/b"))});
    },
    [](stoker_tree* self, const stoker_call* call, stoker_str, stoker_byte_sink out) {
      Liar& liar = begin(self, call, "read");
      static const std::uint8_t bytes[2 * STOKER_CHUNK_BYTES_MAX] = {'a'};
      if (liar.tells("chunk")) return out.put(out.to, bytes, sizeof bytes);
      return first(liar, {put(liar, "bytes", out, bytes[0])});
    },
    [](stoker_tree* self, const stoker_call* call, stoker_str, stoker_delta_sink out) {
      Liar& liar = begin(self, call, "diff");
      const bool order = liar.tells("order");
      const stoker_delta a{file(liar, order ? "p/b" : "p/a"), number(liar, "op", STOKER_DELTA_PUT), 0};
      const stoker_delta b{file(liar, order ? "p/a" : "p/b"), STOKER_DELTA_REMOVE, 0};
      return first(liar, {put(liar, "deltas", out, a), put(liar, "more", out, b)});
    }};

// ---------------------------------------------------------------- strategy

template <class Record>
auto nowhere() {
  return [](void*, const Record*, size_t) -> stoker_status { return STOKER_OK; };
}

// Looks at the whole of a tree, as `plan` and `stage` do.
stoker_status look(Liar& liar, const stoker_view* view) {
  stoker_file_sink files{nullptr, nowhere<stoker_file>()};
  stoker_byte_sink bytes{nullptr, nowhere<std::uint8_t>()};
  stoker_delta_sink deltas{nullptr, nowhere<stoker_delta>()};
  const auto out_of_turn = [=, &liar] { liar.expect_refusal(view->list(view, {}, files)); };
  if (liar.tells("view:thread")) std::thread(out_of_turn).join();
  if (liar.tells("view:late")) liar.late = out_of_turn;
  if (liar.tells("view:sink")) files.put = nullptr;
  if (liar.tells("bytes:sink")) bytes.put = nullptr;
  if (liar.tells("deltas:sink")) deltas.put = nullptr;
  if (const auto failed = view->list(view, text(liar, "under", ""), files)) return failed;
  if (const auto failed = view->read(view, text(liar, "asked", "p/a"), bytes)) return failed;
  return view->since(view, text(liar, "since", "r0"), deltas);
}

const stoker_strategy_v1 strategy = {
    sizeof(stoker_strategy_v1),
    0,
    create<stoker_strategy>,
    destroy<stoker_strategy>,
    [](stoker_strategy* self, const stoker_call* call, stoker_str, stoker_change_sink changes, stoker_note_sink notes,
       stoker_text_sink state) {
      Liar& liar = begin(self, call, "recover");
      return first(liar, {put(liar, "changes", changes, change(liar)), put(liar, "notes", notes, note(liar)),
                          put(liar, "state", state,
                              text(liar, "document", R"({"format": 1, "base": null, "did": "nothing"})"))});
    },
    [](stoker_strategy* self, const stoker_call* call, stoker_str, stoker_str, const stoker_view* view,
       stoker_change_sink changes, stoker_note_sink notes, stoker_decision_sink decisions) {
      Liar& liar = begin(self, call, "plan");
      return first(
          liar, {look(liar, view), put(liar, "changes", changes, change(liar)), put(liar, "notes", notes, note(liar)),
                 put(liar, "decisions", decisions, decision(liar, STOKER_ALLOW))});
    },
    [](stoker_strategy* self, const stoker_call* call, stoker_str, const stoker_view*, stoker_str,
       stoker_byte_sink out) {
      Liar& liar = begin(self, call, "content");
      static const std::uint8_t bytes[2 * STOKER_CHUNK_BYTES_MAX] = {'a'};
      if (liar.tells("chunk")) return out.put(out.to, bytes, sizeof bytes);
      return first(liar, {put(liar, "bytes", out, bytes[0])});
    },
    [](stoker_strategy* self, const stoker_call* call, stoker_str) { return end(begin(self, call, "adopt")); },
    [](stoker_strategy* self, const stoker_call* call, stoker_str, const stoker_view* view) {
      Liar& liar = begin(self, call, "stage");
      return first(liar, {look(liar, view)});
    },
    [](stoker_strategy* self, const stoker_call* call, stoker_str, stoker_note_sink notes) {
      Liar& liar = begin(self, call, "apply");
      return first(liar, {put(liar, "notes", notes, note(liar))});
    },
    [](stoker_strategy* self, const stoker_call* call, stoker_str, stoker_change_sink changes, stoker_note_sink notes) {
      Liar& liar = begin(self, call, "revert");
      return first(liar, {put(liar, "changes", changes, change(liar)), put(liar, "notes", notes, note(liar))});
    },
    [](stoker_strategy* self, const stoker_call* call, stoker_str) { return end(begin(self, call, "forget")); },
    [](stoker_strategy* self, const stoker_call* call, stoker_str, stoker_change_sink changes, stoker_note_sink notes) {
      Liar& liar = begin(self, call, "inspect");
      return first(liar, {put(liar, "changes", changes, change(liar)), put(liar, "notes", notes, note(liar))});
    }};

// ---------------------------------------------------------------- verifier

stoker_status look(Liar& liar, const stoker_plan* plan, bool content) {
  stoker_change_sink changes{nullptr, nowhere<stoker_change>()};
  stoker_byte_sink bytes{nullptr, nowhere<std::uint8_t>()}, tree_bytes = bytes;
  stoker_file_sink files{nullptr, nowhere<stoker_file>()};
  const auto out_of_turn = [=, &liar] {
    liar.expect_refusal(plan->changes(plan, changes));
    liar.expect_refusal(plan->content(plan, str("p/a"), bytes));
    liar.expect_refusal(plan->list(plan, {}, files));
    liar.expect_refusal(plan->read(plan, str("p/a"), bytes));
  };
  if (liar.tells("plan:thread")) std::thread(out_of_turn).join();
  if (liar.tells("plan:late")) liar.late = out_of_turn;
  if (liar.tells("plan:sink")) changes.put = nullptr;
  if (liar.tells("bytes:sink")) bytes.put = nullptr;
  if (liar.tells("files:sink")) files.put = nullptr;
  if (liar.tells("tree_bytes:sink")) tree_bytes.put = nullptr;
  if (const auto failed = plan->changes(plan, changes)) return failed;
  if (!content) return STOKER_OK;
  if (const auto failed = plan->content(plan, text(liar, "asked", "p/a"), bytes)) return failed;
  if (const auto failed = plan->list(plan, text(liar, "under", ""), files)) return failed;
  return plan->read(plan, text(liar, "sought", "p/a"), tree_bytes);
}

const stoker_verifier_v1 verifier = {
    sizeof(stoker_verifier_v1),
    0,
    create<stoker_verifier>,
    destroy<stoker_verifier>,
    [](stoker_verifier* self, const stoker_call* call, stoker_str, stoker_text_sink facts) {
      Liar& liar = begin(self, call, "observe");
      return first(liar, {put(liar, "facts", facts, text(liar, "document", R"({"state": "running"})"))});
    },
    [](stoker_verifier* self, const stoker_call* call, stoker_str, const stoker_plan* plan,
       stoker_decision_sink decisions) {
      Liar& liar = begin(self, call, "admit");
      return first(liar, {look(liar, plan, true), put(liar, "decisions", decisions, decision(liar, STOKER_ALLOW))});
    },
    [](stoker_verifier* self, const stoker_call* call, stoker_str, const stoker_plan* plan,
       stoker_decision_sink decisions, stoker_text_sink ticket) {
      Liar& liar = begin(self, call, "lock");
      return first(liar, {look(liar, plan, false), put(liar, "decisions", decisions, decision(liar, STOKER_ALLOW)),
                          put(liar, "ticket", ticket, text(liar, "document", "a ticket"))});
    },
    [](stoker_verifier* self, const stoker_call* call, stoker_str, const stoker_plan* plan, stoker_str,
       stoker_decision_sink decisions, stoker_note_sink notes, stoker_text_sink detail) {
      Liar& liar = begin(self, call, "verify");
      const stoker_decision healthy = decision(liar, STOKER_HEALTHY), bad = decision(liar, STOKER_UNHEALTHY);
      const stoker_decision hold = decision(liar, STOKER_HOLD);
      if (liar.tells("both")) (void)decisions.put(decisions.to, &bad, 1);
      if (liar.tells("hold")) (void)decisions.put(decisions.to, &hold, 1);
      return first(liar, {look(liar, plan, false), put(liar, "decisions", decisions, healthy),
                          put(liar, "notes", notes, note(liar)),
                          put(liar, "detail", detail, text(liar, "document", R"({"bad": []})"))});
    },
    [](stoker_verifier* self, const stoker_call* call, stoker_str, stoker_str) {
      return end(begin(self, call, "unlock"));
    },
    [](stoker_verifier* self, const stoker_call* call, stoker_str, stoker_check_sink checks) {
      Liar& liar = begin(self, call, "diagnose");
      return first(liar, {put(liar, "checks", checks, check(liar))});
    },
    [](stoker_verifier* self, const stoker_call* call, stoker_str, stoker_check_sink checks) {
      Liar& liar = begin(self, call, "probe");
      return first(liar, {put(liar, "checks", checks, check(liar))});
    }};

// ---------------------------------------------------------------- trigger, notifier

const stoker_trigger_v1 trigger = {
    sizeof(stoker_trigger_v1),
    0,
    create<stoker_trigger>,
    destroy<stoker_trigger>,
    [](stoker_trigger* self, const stoker_call* call, stoker_str) { return end(begin(self, call, "watch")); },
    [](stoker_trigger* self, const stoker_call* call, stoker_hint_sink hints) {
      Liar& liar = begin(self, call, "next");
      const stoker_hint hint{text(liar, "sync", "line-a"),
                             text(liar, "reason", "poll"),
                             text(liar, "delivery", "1"),
                             text(liar, "wish", ""),
                             0,
                             0};
      return first(liar, {put(liar, "hints", hints, hint)});
    }};

const stoker_notifier_v1 notifier = {sizeof(stoker_notifier_v1), 0, create<stoker_notifier>, destroy<stoker_notifier>,
                                     [](stoker_notifier* self, const stoker_call* call, stoker_str, stoker_str) {
                                       return end(begin(self, call, "notify"));
                                     }};

const void* query(stoker_str id) {
  const Text asked(id.ptr, id.len);
  if (asked == STOKER_SOURCE_ID) return &source;
  if (asked == STOKER_STRATEGY_ID) return &strategy;
  if (asked == STOKER_VERIFIER_ID) return &verifier;
  if (asked == STOKER_TRIGGER_ID) return &trigger;
  return asked == STOKER_NOTIFIER_ID ? &notifier : nullptr;
}

stoker_status open(const stoker_host*, const stoker_call*) { return STOKER_OK; }
void close() {}

}  // namespace faulty

extern "C" const stoker_plugin stoker_plugin_entry = {sizeof(stoker_plugin),
                                                      STOKER_ABI_MAJOR,
                                                      STOKER_ABI_MINOR,
                                                      {STOKER_PLUGIN_ID, sizeof(STOKER_PLUGIN_ID) - 1},
                                                      {STOKER_PLUGIN_VERSION, sizeof(STOKER_PLUGIN_VERSION) - 1},
                                                      faulty::open,
                                                      faulty::close,
                                                      faulty::query};
