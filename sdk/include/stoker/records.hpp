// The records of the ABI as C++ values, for both sides. Meaning of the fields: the headers in stoker/abi/.
#pragma once

#include <stoker/abi/source.h>
#include <stoker/abi/strategy.h>
#include <stoker/abi/trigger.h>
#include <stoker/abi/verifier.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace stoker {

inline std::string_view view(stoker_str text) {
  return text.len ? std::string_view(text.ptr, text.len) : std::string_view();
}
inline std::string string(stoker_str text) { return std::string(view(text)); }
inline stoker_str str(std::string_view text) { return {text.data(), text.size()}; }

struct Resolved {
  enum class Kind : std::uint32_t { branch = STOKER_REF_BRANCH, tag, commit, other };
  std::string revision, ref;
  Kind kind = Kind::other;
  using Record = stoker_resolved;
  using Sink = stoker_resolved_sink;
  bool operator==(const Resolved&) const = default;
};

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

struct Delta {
  enum class Op : std::uint32_t { put = STOKER_DELTA_PUT, remove };
  File file;
  Op op = Op::put;
  using Record = stoker_delta;
  using Sink = stoker_delta_sink;
  bool operator==(const Delta&) const = default;
};

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

struct Note {
  std::string code, path, text;
  using Record = stoker_note;
  using Sink = stoker_note_sink;
  bool operator==(const Note&) const = default;
};

struct Decision {
  enum class Verdict : std::uint32_t { allow = STOKER_ALLOW, hold, refuse, healthy, unhealthy };
  Verdict verdict = Verdict::allow;
  std::string name, reason, ended_by;
  std::int64_t again_at_ms = 0, until_ms = 0;
  using Record = stoker_decision;
  using Sink = stoker_decision_sink;
  bool operator==(const Decision&) const = default;

  static Decision allow() { return {}; }
  static Decision healthy() {
    Decision decision;
    decision.verdict = Verdict::healthy;
    return decision;
  }
  static Decision make(Verdict verdict, std::string name, std::string reason) {
    Decision decision;
    decision.verdict = verdict;
    decision.name = std::move(name);
    decision.reason = std::move(reason);
    return decision;
  }
  static Decision hold(std::string name, std::string reason, std::int64_t again_at_ms = 0) {
    Decision decision = make(Verdict::hold, std::move(name), std::move(reason));
    decision.again_at_ms = again_at_ms;
    return decision;
  }
  static Decision refuse(std::string name, std::string reason) {
    return make(Verdict::refuse, std::move(name), std::move(reason));
  }
  static Decision unhealthy(std::string name, std::string reason) {
    return make(Verdict::unhealthy, std::move(name), std::move(reason));
  }
};

struct Hint {
  std::string sync, reason, delivery, wish;
  using Record = stoker_hint;
  using Sink = stoker_hint_sink;
  bool operator==(const Hint&) const = default;
};

// To the C record: borrows from the value. From it: copies, checks nothing (the host checks what a plugin says).
inline stoker_resolved to_record(const Resolved& r) { return {str(r.revision), str(r.ref), std::uint32_t(r.kind), 0}; }
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
inline stoker_hint to_record(const Hint& h) { return {str(h.sync), str(h.reason), str(h.delivery), str(h.wish)}; }

inline Resolved from_record(const stoker_resolved& r) {
  return {string(r.revision), string(r.ref), Resolved::Kind(r.kind)};
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
  return {string(h.sync), string(h.reason), string(h.delivery), string(h.wish)};
}

}  // namespace stoker
