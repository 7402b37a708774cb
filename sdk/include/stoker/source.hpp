// SPDX-License-Identifier: Apache-2.0
// Source and Tree: the base classes of a plugin that brings revisions of the configuration, for example from git.
//
// Concept. A user writes a ref ("main", "v1.*", a commit id). A Source turns it into a revision, a name that stands for
// the same content for ever, and opens the revision as a Tree. A Tree is the read-only content of one revision. The C
// side of the contract is stoker/abi/source.h; the rules for paths, blobs and revisions stand there.
//
// Threads. The host makes one Source for each repository with its credentials. Several targets may have a Tree of it
// open at the same time. `resolve`, `open`, the functions of all its Trees and the end of a Tree come one at a time,
// unless the manifest says "reentrant": then protect what they share. One Tree gets one call at a time, but a receiver
// may ask for `read` from within the Out of a `list` or `diff`, on the same thread.
#pragma once

#include <stoker/instance.hpp>

namespace stoker {

// The content of one revision. The host calls its functions on behalf of a strategy, within the strategy's `plan` or
// `stage`, or on behalf of a verifier: `list` and `read` within its `admit`, `lock` or `verify`, all three through the
// strategy's `content` within `admit`. They run on that worker, with the deadline and the cancel of that call. All may
// block. An Error goes to who asked, which usually ends its own call with it; a strategy's Run then fails with the
// source's message.
//
// The host destroys each Tree before its Source. The destructor runs on a worker within 30 seconds and must not throw.
class Tree {
 public:
  virtual ~Tree() = default;

  // Puts each file below the folder `under` ("" is all), in rising order of the paths' bytes, each path once; no
  // folders. Paths are from the root of the tree. `under` may name a file: put that one. Nothing there: success without
  // a record.
  virtual Result<void> list(Call&, std::string_view under, const Out<File>&) = 0;

  // Puts the bytes of a regular file, in order. The host holds them against the size and the blob of the file's record:
  // a difference fails the call as a defect of the source. errc::not_found: there is no such file.
  virtual Result<void> read(Call&, std::string_view path, const Bytes&) = 0;

  // Puts the difference from revision `since` to this tree, in rising order of the paths' bytes, each path once.
  // errc::not_found: the source does not know `since`; this is no failure, the strategy lists everything instead.
  virtual Result<void> diff(Call&, std::string_view since, const Out<Delta>&) = 0;
};

// A repository, as a user configured it in a Sync. All functions run on a worker and may block.
class Source {
 public:
  static constexpr std::string_view kind = STOKER_SOURCE_ID;
  virtual ~Source() = default;

  // Puts exactly one Resolved for each ref, in the order of `refs`. Ask the other side once for all refs. A ref that
  // does not exist or cannot be used: a Resolved with an empty revision that says why (Resolved::failed); the host
  // keeps what the targets of that Sync run, reports it, and goes on with the other refs. An ambiguous ref: choose by a
  // documented rule and put a Note. Deadline 120 s; cancelled at shutdown. An Error: no ref can be read. The host keeps
  // the earlier answers and asks again after 5, 30, 60, 120, 240, 300 s and not before `retry_after`, or at once after
  // an urgent Hint; it does not look at `retryable`.
  virtual Result<void> resolve(Call&, const std::vector<std::string_view>& refs, const Out<Resolved>&,
                               const Out<Note>&) = 0;

  // Opens `revision`: fetches what is missing and checks that the content is that of the revision. The Tree must not be
  // null. It belongs to the host until the host destroys it. Deadline 10 min; cancelled by a newer assignment or
  // shutdown (the Run ends as superseded). An Error ends the Run as failed. If it is retryable, the host tries again
  // after 30, 60, 120, 240, 300 s; else only for another revision, other inputs, or an urgent Hint. errc::not_found:
  // the source does not have the revision (any more).
  virtual Result<std::unique_ptr<Tree>> open(Call&, std::string_view revision) = 0;
};

namespace glue {

inline Tree* tree(stoker_tree* handle) { return reinterpret_cast<Tree*>(handle); }

template <class T>
const stoker_source_v1* source_table() {
  static const stoker_source_v1 table = {
      sizeof(stoker_source_v1),
      0,
      &create<T, stoker_source>,
      &destroy<T, stoker_source>,
      [](stoker_source* self, const stoker_call* call, const stoker_str* refs, std::size_t count,
         stoker_resolved_sink out, stoker_note_sink notes) noexcept {
        return wall(call, [&] {
          std::vector<std::string_view> wanted;
          for (std::size_t i = 0; i < count; ++i) wanted.push_back(view(refs[i]));
          Call c(call);
          return instance<T>(self).resolve(c, wanted, Out<Resolved>(out), Out<Note>(notes));
        });
      },
      [](stoker_source* self, const stoker_call* call, stoker_str revision, stoker_tree** out) noexcept {
        return wall(call, [&]() -> Result<void> {
          Call c(call);
          auto opened = instance<T>(self).open(c, view(revision));
          if (!opened) return std::move(opened).error();
          *out = reinterpret_cast<stoker_tree*>(std::move(opened).value().release());
          return {};
        });
      },
      [](stoker_tree* handle) noexcept { delete tree(handle); },
      [](stoker_tree* handle, const stoker_call* call, stoker_str under, stoker_file_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return tree(handle)->list(c, view(under), Out<File>(out));
        });
      },
      [](stoker_tree* handle, const stoker_call* call, stoker_str path, stoker_byte_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return tree(handle)->read(c, view(path), Bytes(out));
        });
      },
      [](stoker_tree* handle, const stoker_call* call, stoker_str since, stoker_delta_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return tree(handle)->diff(c, view(since), Out<Delta>(out));
        });
      }};
  return &table;
}

template <class T>
requires std::derived_from<T, Source>
const void* table_of(std::string_view id) { return id == Source::kind ? source_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
