// SPDX-License-Identifier: Apache-2.0
// Strategy and View: the base class of a plugin that changes the files of one target, and the tree that it reads from.
//
// Concept. A target is the data folder of one gateway. A plan is the ordered list of changes that bring it to a
// revision; making a plan touches nothing. A Run is one pass over a target, with a name from the host. A View is a
// source's tree, as the host shows it to the strategy. The strategy keeps an inventory of the files that it wrote (it
// may remove no other file), a journal of an apply in progress, staged files and undo data, all on the target's disk.
//
// Order. `recover` first, once in each process, and again while a Run is not finished. Then for each Run: `plan`,
// [`content`], then `adopt` when the plan has no changes, else `stage`, `apply`, [`revert`]; `forget` at the end. A dry
// run calls `plan` and `content` only. The C side of the contract, with the records, is stoker/abi/strategy.h.
#pragma once

#include <stoker/instance.hpp>

#include <functional>

namespace stoker {

// The tree of a revision, for the call that got it. Use it only on the thread of that call. Its functions call the
// source and may block; they keep the deadline and the cancel of the call.
//
// An Error has the source's kind and an empty code. Return it as it is, or with `in()`: the host then adds the source's
// own message. An Error with another kind or a code hides that message.
class View {
 public:
  explicit View(const stoker_view* view) : view_(view) {}
  // The revision of this tree. Valid as long as the View.
  std::string_view revision() const { return stoker::view(view_->revision); }
  // Calls `each` for each file below the folder `under` ("" is all), in rising order of the paths' bytes. An Error of
  // `each` ends the listing and is returned.
  Result<void> list(std::string_view under, const std::function<Result<void>(File)>& each) const {
    auto into =
        glue::collect<stoker_file, stoker_file_sink>([&](const stoker_file& f) { return each(from_record(f)); });
    return into.ended(view_->list(view_, str(under), into.sink()), "list");
  }
  // Calls `each` for each piece of the file's bytes, in order; a piece is valid until `each` returns. An Error of
  // `each` ends the reading and is returned. errc::not_found: there is no such regular file.
  Result<void> read(std::string_view path, const std::function<Result<void>(std::string_view)>& each) const {
    auto into = glue::collect_bytes([&](std::string_view bytes) { return each(bytes); });
    return into.ended(view_->read(view_, str(path), into.sink()), path);
  }
  // The difference from `revision` to this tree, in rising order of the paths' bytes. An empty optional: the source
  // does not know `revision`; list everything.
  Result<std::optional<std::vector<Delta>>> since(std::string_view revision) const {
    std::vector<Delta> deltas;
    auto into = glue::collect<stoker_delta, stoker_delta_sink>([&](const stoker_delta& d) {
      deltas.push_back(from_record(d));
      return Result<void>();
    });
    const stoker_status status = view_->since(view_, str(revision), into.sink());
    if (status == STOKER_E_NOT_FOUND) return std::optional<std::vector<Delta>>();
    if (auto ended = into.ended(status, "since"); !ended) return std::move(ended).error();
    return std::optional(std::move(deltas));
  }

 private:
  const stoker_view* view_;
};

// One instance for each target; all functions run on a worker, may block, and come one at a time. The arguments are
// valid until the function returns. `run` is the name of the Run.
//
// "Ends as failed": the Run ends with the error. If the error is retryable, the host starts another Run after 30, 60,
// 120, 240, 300 s. If not, it waits for another revision, other inputs, an urgent hint or a person. "Cancelled": by a
// newer assignment or by shutdown; return errc::cancelled, the Run then ends as superseded.
class Strategy {
 public:
  static constexpr std::string_view kind = STOKER_STRATEGY_ID;
  virtual ~Strategy() = default;

  // Finishes or undoes the apply or revert that a dead process left open, from the journal alone; the source and the
  // network may be away. Does nothing when no journal is open. A journal that is marked "undo" is undone, never
  // finished. A file that is neither the old nor the new content stays as it is, with note `drift`. Removes staged
  // files, except those of the Run `keep` (may be empty). Puts one Change for each path that it changed, and one
  // document to `state`:
  //   {"format": 1, "base": {"revision", "inputs", "vars", "run"} or null, "did": "nothing"|"finished"|"undone", "run"}
  // "base" is the last state that was applied completely. Deadline 10 min, never cancelled.
  // An Error: the tree counts as incomplete and the target as not ready; the Run ends as failed; recover comes again.
  virtual Result<void> recover(Call&, std::string_view keep, const Out<Change>&, const Out<Note>&,
                               const Text& state) = 0;

  // Computes what must change so that the target has the View's revision, and puts the Changes in the order in which
  // `apply` will do them. Changes nothing on disk. Puts exactly one Decision: allow, or hold (for example
  // "mass-delete"). Keeps the plan in memory until the Run's `apply` or `forget`, or the next `plan`. `assignment` is a
  // JSON document (docs/documents.md). May come twice for one Run. Deadline 10 min, cancelled. An Error ends as failed.
  virtual Result<void> plan(Call&, std::string_view run, std::string_view assignment, const View&, const Out<Change>&,
                            const Out<Note>&, const Out<Decision>&) = 0;

  // Puts the content that the plan would write at `path`. The host calls it when a verifier asks in its `admit`: on the
  // verifier's thread and with the verifier's Call (60 s, cancelled). errc::not_found: the plan writes nothing there.
  // An Error goes to the verifier.
  virtual Result<void> content(Call&, std::string_view run, const View&, std::string_view path, const Bytes&) = 0;

  // Instead of `stage` and `apply` when the plan has no changes. Writes the inventory when files come into it or leave
  // it without a change on disk; touches no live file. Deadline 1 min, never cancelled. An Error ends as failed.
  virtual Result<void> adopt(Call&, std::string_view run) = 0;

  // Does everything slow: writes the new content beside the live files on the same file system, makes it durable,
  // checks the space. Touches no live file. Skipped when an earlier call has staged a plan with the same digest for
  // this Run, also in an earlier process. Deadline 30 min, cancelled. An Error ends as failed; `forget` follows.
  virtual Result<void> stage(Call&, std::string_view run, const View&) = 0;

  // Checks that each live file still is what the plan saw, writes the journal, then renames. Should take milliseconds:
  // the target's own lock is held. Deadline 10 min, never cancelled. A bad Note does not turn a success into a failure.
  // errc::conflict: a live file differs and nothing was changed. The host unlocks and plans again, once in a Run.
  // Another Error: the journal must say "undo" before the function returns. The host calls `revert` of this Run. A
  // retryable Error: the Run ends as failed. Another one: the host also holds the revision on this target until the
  // revision or its inputs change or a person asks for a retry. So return retryable for a fault of the place (rights,
  // space, I/O), and not retryable for a fault of the revision.
  virtual Result<void> apply(Call&, std::string_view run, const Out<Note>&) = 0;

  // Puts back what `run` replaced, from its journal or undo data alone, and puts one Change for each path that it put
  // back. Leaves foreign content alone, as `recover` does. Several Runs are reverted newest first. A Run that is
  // reverted already, was never applied or is unknown: success without a record. Deadline 10 min, never cancelled. An
  // Error puts the target into quarantine: no new plan is applied until another revision, other inputs or a person ends
  // it. The next Run or process still calls `recover` first, and `revert` again when it was due to a bad verdict.
  virtual Result<void> revert(Call&, std::string_view run, const Out<Change>&, const Out<Note>&) = 0;

  // The Run was applied and verified: removes its undo data and that of earlier Runs. The Run was not applied: removes
  // its staged files. Unknown Run: success. Leaves an open journal alone. Deadline 2 min, never cancelled. An Error
  // becomes a note or is ignored; only when it concerns an earlier waiting Run does it end the new Run as failed.
  virtual Result<void> forget(Call&, std::string_view run) = 0;

  // Looks at the live files of a Run that was applied and is not forgotten: puts one Change for each path that the Run
  // changed, as `plan` put it, and a Note "overwritten" for each that is not as the Run left it, with the name of who
  // did it if that is known. Changes nothing. Unknown Run: success without a record. The host calls it for the Runs
  // that were never verified, before the verifiers' `verify` and after a healthy verdict; a Note "overwritten" then
  // means: applied, not verified; the next Run puts the files back. Deadline 2 min, cancelled. After an Error nobody
  // can judge now: the Run ends as applied, not verified, and the host asks again later.
  virtual Result<void> inspect(Call&, std::string_view run, const Out<Change>&, const Out<Note>&) {
    (void)run;
    return {};
  }
};

namespace glue {

template <class T>
const stoker_strategy_v1* strategy_table() {
  using S = stoker_strategy;
  using C = const stoker_call;
  static const stoker_strategy_v1 table = {
      sizeof(stoker_strategy_v1),
      0,
      &create<T, S>,
      &destroy<T, S>,
      [](S* self, C* call, stoker_str keep, stoker_change_sink changes, stoker_note_sink notes,
         stoker_text_sink state) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).recover(c, view(keep), Out<Change>(changes), Out<Note>(notes), Text(state));
        });
      },
      [](S* self, C* call, stoker_str run, stoker_str assignment, const stoker_view* tree, stoker_change_sink changes,
         stoker_note_sink notes, stoker_decision_sink decisions) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).plan(c, view(run), view(assignment), View(tree), Out<Change>(changes),
                                        Out<Note>(notes), Out<Decision>(decisions));
        });
      },
      [](S* self, C* call, stoker_str run, const stoker_view* tree, stoker_str path, stoker_byte_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).content(c, view(run), View(tree), view(path), Bytes(out));
        });
      },
      [](S* self, C* call, stoker_str run) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).adopt(c, view(run));
        });
      },
      [](S* self, C* call, stoker_str run, const stoker_view* tree) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).stage(c, view(run), View(tree));
        });
      },
      [](S* self, C* call, stoker_str run, stoker_note_sink notes) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).apply(c, view(run), Out<Note>(notes));
        });
      },
      [](S* self, C* call, stoker_str run, stoker_change_sink changes, stoker_note_sink notes) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).revert(c, view(run), Out<Change>(changes), Out<Note>(notes));
        });
      },
      [](S* self, C* call, stoker_str run) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).forget(c, view(run));
        });
      },
      [](S* self, C* call, stoker_str run, stoker_change_sink changes, stoker_note_sink notes) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).inspect(c, view(run), Out<Change>(changes), Out<Note>(notes));
        });
      }};
  return &table;
}

template <class T>
requires std::derived_from<T, Strategy>
const void* table_of(std::string_view id) { return id == Strategy::kind ? strategy_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
