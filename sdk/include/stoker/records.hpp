// SPDX-License-Identifier: Apache-2.0
// The records of the ABI as C++ values: Resolved, File, Delta, Change, Note, Decision, Check, Hint, Object,
// ObjectEvent. Each new record of any kind goes here, because call.hpp and the host's sinks look here.
//
// Concept. A record is one item that crosses between host and plugin: one file of a tree, one change of a plan, one
// decision. A plugin makes these values and puts them into an Out<T> (stoker/call.hpp). The comments here say what a
// value is; the rules for its fields (lengths, form of a path, allowed numbers) stand at the C record in stoker/abi/.
// The host checks the rules; a value that breaks one fails the call with code "host.plugin-misbehaving".
//
// Each type owns its texts. `Record` and `Sink` name the matching types of the C ABI. Pure. [any thread]
#pragma once

#include <stoker/abi/platform.h>
#include <stoker/abi/source.h>
#include <stoker/abi/strategy.h>
#include <stoker/abi/trigger.h>
#include <stoker/abi/verifier.h>
#include <stoker/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace stoker {

// The text of a stoker_str without a copy: valid as long as the stoker_str's text.
inline std::string_view view(stoker_str text) {
  return text.len ? std::string_view(text.ptr, text.len) : std::string_view();
}
// A copy of the text.
inline std::string string(stoker_str text) { return std::string(view(text)); }
// A stoker_str that borrows `text`.
inline stoker_str str(std::string_view text) { return {text.data(), text.size()}; }

// What a ref means now. An empty `revision`: this ref cannot be used; `why` says the reason, and without one there is
// no such ref.
struct Resolved {
  enum class Kind : std::uint32_t { branch = STOKER_REF_BRANCH, tag, commit, other };
  std::string revision, ref;
  Kind kind = Kind::other;
  // Why there is no revision. Kind, code and message reach the host; the host decides when to ask again.
  struct Why {
    std::int32_t status = STOKER_OK;
    std::string code, problem;
    bool operator==(const Why&) const = default;
  };
  Why why = {};
  // For a ref that cannot be used, while the others can.
  static Resolved failed(const Error& error) {
    Resolved answer;
    answer.why = {static_cast<std::int32_t>(error.kind), error.code, error.message};
    return answer;
  }
  using Record = stoker_resolved;
  using Sink = stoker_resolved_sink;
  bool operator==(const Resolved&) const = default;
};

// One entry of a source's tree. Only a regular file has bytes and a mode (0644 or 0755).
struct File {
  enum class Type : std::uint32_t { regular = STOKER_FILE_REGULAR, link, other };
  std::string path, blob;
  std::uint64_t bytes = 0;
  std::uint32_t mode = 0644;
  Type type = Type::regular;
  using Record = stoker_file;
  using Sink = stoker_file_sink;
  bool operator==(const File&) const = default;
};

// One difference from an older revision. Op::remove: only `file.path` has a meaning.
struct Delta {
  enum class Op : std::uint32_t { put = STOKER_DELTA_PUT, remove };
  File file;
  Op op = Op::put;
  using Record = stoker_delta;
  using Sink = stoker_delta_sink;
  bool operator==(const Delta&) const = default;
};

// One change of one live file of a target. `path` is the live path, `origin` the path in the source.
struct Change {
  enum class Op : std::uint32_t { add = STOKER_CHANGE_ADD, replace, remove, chmod };
  std::string path, origin, blob, before, after;
  std::uint64_t bytes = 0;
  Op op = Op::add;
  std::uint32_t mode = 0;
  std::uint32_t mapping = 0;
  using Record = stoker_change;
  using Sink = stoker_change_sink;
  bool operator==(const Change&) const = default;
};

// A remark about one path, for the Report. It does not change what the host does.
struct Note {
  std::string code, path, text;
  using Record = stoker_note;
  using Sink = stoker_note_sink;
  bool operator==(const Note&) const = default;
};

// What a strategy or a verifier decides. Make one with the static functions; each function that answers with decisions
// says which verdicts it may use.
struct Decision {
  enum class Verdict : std::uint32_t { allow = STOKER_ALLOW, hold, refuse, healthy, unhealthy };
  Verdict verdict = Verdict::allow;
  std::string name, reason, ended_by;
  std::int64_t again_at_ms = 0, until_ms = 0;
  using Record = stoker_decision;
  using Sink = stoker_decision_sink;
  bool operator==(const Decision&) const = default;

  // The plan may be applied.
  static Decision allow() { return {}; }
  // The gateway is not worse than before the change.
  static Decision healthy() {
    Decision decision;
    decision.verdict = Verdict::healthy;
    return decision;
  }
  // For the functions below; `name` and `reason` as they say.
  static Decision make(Verdict verdict, std::string name, std::string reason) {
    Decision decision;
    decision.verdict = verdict;
    decision.name = std::move(name);
    decision.reason = std::move(reason);
    return decision;
  }
  // The Run waits: no error. `name` names the hold and is not empty ("designer"), `reason` is a sentence for people.
  // `again_at_ms`: when the host looks again, Unix time in ms; 0: after an urgent Hint or when the target's facts
  // change.
  static Decision hold(std::string name, std::string reason, std::int64_t again_at_ms = 0) {
    Decision decision = make(Verdict::hold, std::move(name), std::move(reason));
    decision.again_at_ms = again_at_ms;
    return decision;
  }
  // The plan must not be applied. `name` becomes the code of the Run's error.
  static Decision refuse(std::string name, std::string reason) {
    return make(Verdict::refuse, std::move(name), std::move(reason));
  }
  // `name` says what is bad, with the same words in each look ("project:Line2").
  static Decision unhealthy(std::string name, std::string reason) {
    return make(Verdict::unhealthy, std::move(name), std::move(reason));
  }
};

// One line of `diagnose` or `probe`: what was looked at, what was found, what a person can do about it.
struct Check {
  enum class Status : std::uint32_t { ok = STOKER_CHECK_OK, warn, fail, skipped };
  std::string name, text, remedy;
  Status status = Status::ok;
  using Record = stoker_check;
  using Sink = stoker_check_sink;
  bool operator==(const Check&) const = default;
};

// "Look at this Sync now." An empty `sync` means all. `urgent`: an event caused it, so a wait after a failure ends; a
// timer says false.
struct Hint {
  std::string sync, reason, delivery, wish;
  bool urgent = false;
  using Record = stoker_hint;
  using Sink = stoker_hint_sink;
  bool operator==(const Hint&) const = default;
};

// Which object: its resource ("gatewaysyncs.stoker.io"), its namespace and its name.
struct ObjectKey {
  std::string resource, name_space, name;
  ObjectKey() = default;
  ObjectKey(std::string r, std::string s, std::string n)
      : resource(std::move(r)), name_space(std::move(s)), name(std::move(n)) {}
  auto operator<=>(const ObjectKey&) const = default;
};

// One object of a platform as it is stored: a JSON document with metadata, spec and status. `version` is its
// resourceVersion, or after a removal that of the removal.
struct Object {
  ObjectKey key;
  std::string uid, document;
  std::uint64_t version = 0;
  Object() = default;
  Object(ObjectKey k, std::string u, std::string d, std::uint64_t v)
      : key(std::move(k)), uid(std::move(u)), document(std::move(d)), version(v) {}
  using Record = stoker_object;
  using Sink = stoker_object_sink;
  bool operator==(const Object&) const = default;
};

// The part of an object that a write is about: metadata and spec, or status.
enum class Part : std::uint32_t { spec = STOKER_PART_SPEC, status };

// What happened to an object that the watch of this number looks at.
struct ObjectEvent {
  enum class Op : std::uint32_t {
    added = STOKER_OBJECT_ADDED,
    changed,
    removed,
    bookmark,
    expired,
    owner_gone,
    owner_unknown,
    owner_alive
  };
  std::uint64_t watch = 0;
  Op op = Op::added;
  Object object = {};
  using Record = stoker_object_event;
  using Sink = stoker_object_event_sink;
  bool operator==(const ObjectEvent&) const = default;
};

// to_record: the C record, which borrows the texts of the value. from_record: a copy; it checks nothing.
inline stoker_resolved to_record(const Resolved& r) {
  return {str(r.revision), str(r.ref), str(r.why.code), str(r.why.problem), std::uint32_t(r.kind), r.why.status};
}
inline stoker_file to_record(const File& f) {
  return {str(f.path), str(f.blob), f.bytes, f.mode, std::uint32_t(f.type)};
}
inline stoker_delta to_record(const Delta& d) { return {to_record(d.file), std::uint32_t(d.op), 0}; }
inline stoker_change to_record(const Change& c) {
  return {str(c.path), str(c.origin),       str(c.blob), str(c.before), str(c.after),
          c.bytes,     std::uint32_t(c.op), c.mode,      c.mapping,     0};
}
inline stoker_note to_record(const Note& n) { return {str(n.code), str(n.path), str(n.text)}; }
inline stoker_decision to_record(const Decision& d) {
  return {std::uint32_t(d.verdict), 0, d.again_at_ms, d.until_ms, str(d.name), str(d.reason), str(d.ended_by)};
}
inline stoker_hint to_record(const Hint& h) {
  return {str(h.sync), str(h.reason), str(h.delivery), str(h.wish), h.urgent ? 1u : 0u, 0};
}
inline stoker_key to_record(const ObjectKey& k) { return {str(k.resource), str(k.name_space), str(k.name)}; }
inline stoker_object to_record(const Object& o) { return {to_record(o.key), str(o.uid), o.version, str(o.document)}; }
inline stoker_object_event to_record(const ObjectEvent& e) {
  return {e.watch, std::uint32_t(e.op), 0, to_record(e.object)};
}
inline stoker_check to_record(const Check& c) {
  return {std::uint32_t(c.status), 0, str(c.name), str(c.text), str(c.remedy)};
}

inline Resolved from_record(const stoker_resolved& r) {
  return {string(r.revision), string(r.ref), Resolved::Kind(r.kind), {r.status, string(r.code), string(r.problem)}};
}
inline File from_record(const stoker_file& f) {
  return {string(f.path), string(f.blob), f.bytes, f.mode, File::Type(f.type)};
}
inline Delta from_record(const stoker_delta& d) { return {from_record(d.file), Delta::Op(d.op)}; }
inline Change from_record(const stoker_change& c) {
  return {string(c.path), string(c.origin), string(c.blob), string(c.before), string(c.after),
          c.bytes,        Change::Op(c.op), c.mode,         c.mapping};
}
inline Note from_record(const stoker_note& n) { return {string(n.code), string(n.path), string(n.text)}; }
inline Decision from_record(const stoker_decision& d) {
  return {Decision::Verdict(d.verdict), string(d.name), string(d.reason),
          string(d.ended_by),           d.again_at_ms,  d.until_ms};
}
inline Hint from_record(const stoker_hint& h) {
  return {string(h.sync), string(h.reason), string(h.delivery), string(h.wish), h.urgent != 0};
}
inline Check from_record(const stoker_check& c) {
  return {string(c.name), string(c.text), string(c.remedy), Check::Status(c.status)};
}
inline ObjectKey from_record(const stoker_key& k) { return {string(k.resource), string(k.name_space), string(k.name)}; }
inline Object from_record(const stoker_object& o) {
  return {from_record(o.key), string(o.uid), string(o.document), o.version};
}
inline ObjectEvent from_record(const stoker_object_event& e) {
  return {e.watch, ObjectEvent::Op(e.op), from_record(e.object)};
}

}  // namespace stoker
