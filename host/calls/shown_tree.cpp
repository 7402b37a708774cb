#include "host/calls/shown_tree.hpp"

namespace stoker::host {

Result<void> check_request(stoker_str path, bool may_be_empty, bool has_sink) {
  if (!has_sink) return misbehaving("it asked with a sink that has no put function");
  return may_be_empty && path.len == 0 ? Result<void>() : check_path(path);
}

ShownTree::ShownTree(const OpenTree& tree, const CallState& state)
    : tree_(tree.core()), state_(state), guarded_(*this) {
  guarded_->struct_size = sizeof(stoker_view);
  guarded_->revision = str(tree_->revision);
  guarded_->list = &ShownTree::list;
  guarded_->read = &ShownTree::read;
  guarded_->since = &ShownTree::since;
}

stoker_status ShownTree::list(const stoker_view* v, stoker_str under, stoker_file_sink out) noexcept {
  return answer(v, [&](ShownTree& self) {
    if (!self.accepts(check_request(under, true, out.put))) return STOKER_E_INVALID;
    Turn turn(self.tree_->source);
    if (const stoker_status refused = self.take(turn, "list")) return refused;
    auto files = forward_to<File>([&](const stoker_file& f) {
      self.tree_->announced->add(f);
      return answer_of_receiver(out.put(out.to, &f, 1));
    });
    const AnnouncedFiles::Listing listing(*self.tree_->announced);
    const stoker_status status = self.tree_->table->list(self.tree_->tree, self.state_.raw(), under, files.sink());
    self.keep_reason(status);
    return self.end(status, files, "list");
  });
}

stoker_status ShownTree::read(const stoker_view* v, stoker_str path, stoker_byte_sink out) noexcept {
  return answer(v, [&](ShownTree& self) {
    if (!self.accepts(check_request(path, false, out.put))) return STOKER_E_INVALID;
    Turn turn(self.tree_->source);
    if (const stoker_status refused = self.take(turn, "read")) return refused;
    if (const stoker_status refused = self.announce(path)) return refused;
    DeliveredFile file(view(path), self.tree_->announced->find(view(path)));
    ByteSink bytes(out, [&](std::string_view piece) { return file.take(piece); });
    const stoker_status status = self.tree_->table->read(self.tree_->tree, self.state_.raw(), path, bytes.sink());
    self.keep_reason(status);
    const stoker_status ended = self.end(status, bytes, "read");
    return ended == STOKER_OK ? self.check_whole(file) : ended;
  });
}

// A file that nobody has listed yet is listed alone. Not from within a list: a source need not allow that.
stoker_status ShownTree::announce(stoker_str path) {
  if (tree_->announced->being_listed() || tree_->announced->find(view(path))) return STOKER_OK;
  auto files = forward_to<File>([&](const stoker_file& f) {
    tree_->announced->add(f);
    return Result<void>();
  });
  const stoker_status status = tree_->table->list(tree_->tree, state_.raw(), path, files.sink());
  keep_reason(status);
  return end(status, files, "list");
}

stoker_status ShownTree::check_whole(DeliveredFile& file) {
  auto whole = file.check_whole();
  if (whole) return STOKER_OK;
  if (kept_) kept_ = std::move(whole).error().in(tree_->source->module + ": read");
  return STOKER_E_INTERNAL;
}

stoker_status ShownTree::since(const stoker_view* v, stoker_str revision, stoker_delta_sink out) noexcept {
  return answer(v, [&](ShownTree& self) {
    if (!self.accepts(out.put ? check_text(revision, "a revision", 256)
                              : misbehaving("it asked with a sink that has no put function")))
      return STOKER_E_INVALID;
    Turn turn(self.tree_->source);
    if (const stoker_status refused = self.take(turn, "diff")) return refused;
    auto deltas = forward_to<Delta>([&](const stoker_delta& d) {
      if (d.op == STOKER_DELTA_PUT) self.tree_->announced->add(d.file);
      return answer_of_receiver(out.put(out.to, &d, 1));
    });
    const AnnouncedFiles::Listing listing(*self.tree_->announced);
    const stoker_status status = self.tree_->table->diff(self.tree_->tree, self.state_.raw(), revision, deltas.sink());
    return self.end(status, deltas, "diff");
  });
}

Error ShownTree::with_reason(Error failure) const {
  if (!why_ || why_->kind != failure.kind || !failure.code.empty()) return failure;
  Error reason = Error(*why_).in(failure.message);
  if (reason.detail.empty()) reason.detail = of_source;
  return reason;
}

template <class Ask>
stoker_status ShownTree::answer(const stoker_view* v, Ask ask) noexcept {
  ShownTree* self = Guarded<ShownTree, stoker_view>::admitted(v);
  if (!self) return STOKER_E_INTERNAL;
  try {
    return ask(*self);
  } catch (const std::exception&) {
    return STOKER_E_EXHAUSTED;
  }
}

bool ShownTree::accepts(Result<void> request) {
  const bool fine = bool(request);
  if (kept_ && !fine) kept_ = std::move(request);
  return fine;
}

stoker_status ShownTree::take(Turn& turn, const char* verb) {
  auto taken = turn.take(state_, tree_->source->module + ": " + verb);
  if (taken) return STOKER_OK;
  why_ = std::move(taken).error();
  return status_of(why_->kind);
}

void ShownTree::keep_reason(stoker_status status) {
  if (status == STOKER_OK) return;
  auto said = state_.said();
  if (said && status_of(said->kind) == status) why_ = std::move(*said).in(tree_->source->module);
}

template <class Sink>
stoker_status ShownTree::end(stoker_status status, const Sink& sink, const std::string& verb) {
  keep_defect(kept_, sink, tree_->source->module + ": " + verb);
  const Result<void> defect = sink.defect();
  return !defect ? status_of(defect.error().kind) : status;
}

}  // namespace stoker::host
