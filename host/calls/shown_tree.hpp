// A tree as the host shows it to another plugin, for one call: checks what that plugin asks, and what the source
// answers. The bytes of a file are held against what the source announced of it, for every plugin that reads.
#pragma once

#include "host/calls/open_tree.hpp"
#include "host/calls/sinks.hpp"
#include "host/calls/turn.hpp"

#include <stoker/abi/strategy.h>

namespace stoker::host {

// Keeps the defect of a plugin that was asked on behalf of another, with the name of the plugin that has it.
template <class Sink>
void keep_defect(Result<void>& kept, const Sink& sink, const std::string& who) {
  const Result<void> defect = sink.defect();
  if (kept && !defect && fault_of(defect.error()) == CallFault::misbehaving) kept = Error(defect.error()).in(who);
}

// What a plugin asks a view or a plan for.
Result<void> check_request(stoker_str path, bool may_be_empty, bool has_sink);

// The detail of an error that a strategy passed on: it is the source's own.
inline constexpr std::string_view of_source = R"({"of": "source"})";

class ShownTree {
 public:
  ShownTree(const OpenTree& tree, const CallState& state);
  const stoker_view* raw() const { return guarded_.get(); }
  // The defect of the source, or of the plugin that asked.
  Result<void> defect() const { return kept_ ? guarded_.defect() : kept_; }
  // The failure of the plugin that asked. If it only passes the source's failure on, the source's own message is added,
  // because a view returns a status without a message.
  Error with_reason(Error failure) const;

 private:
  static stoker_status list(const stoker_view* v, stoker_str under, stoker_file_sink out) noexcept;
  static stoker_status read(const stoker_view* v, stoker_str path, stoker_byte_sink out) noexcept;
  static stoker_status since(const stoker_view* v, stoker_str revision, stoker_delta_sink out) noexcept;
  template <class Ask>
  static stoker_status answer(const stoker_view* v, Ask ask) noexcept;
  bool accepts(Result<void> request);
  // Waits for the source's turn. Not STOKER_OK: the status to answer with; the reason is kept.
  stoker_status take(Turn& turn, const char* verb);
  void keep_reason(stoker_status status);
  // Sees to it that the source has said what it has at `path`.
  stoker_status announce(stoker_str path);
  stoker_status check_whole(DeliveredFile& file);
  template <class Sink>
  stoker_status end(stoker_status status, const Sink& sink, const std::string& verb);

  std::shared_ptr<OpenTree::Core> tree_;
  const CallState& state_;
  Result<void> kept_;
  std::optional<Error> why_;  // why the last request failed, in the source's words
  Guarded<ShownTree, stoker_view> guarded_;
};

}  // namespace stoker::host
