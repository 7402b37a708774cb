// What a C++ author of a strategy writes. Contracts: stoker/abi/strategy.h.
#pragma once

#include <stoker/instance.hpp>

#include <functional>

namespace stoker {

// A tree, as the host shows it; valid for the call that got it.
class View {
 public:
  explicit View(const stoker_view* view) : view_(view) {}
  std::string_view revision() const { return stoker::view(view_->revision); }
  Result<void> list(std::string_view under, const std::function<Result<void>(File)>& each) const {
    auto into =
        glue::collect<stoker_file, stoker_file_sink>([&](const stoker_file& f) { return each(from_record(f)); });
    return into.ended(view_->list(view_, str(under), into.sink()), "list");
  }
  Result<void> read(std::string_view path, const std::function<Result<void>(std::string_view)>& each) const {
    auto into = glue::collect_bytes([&](std::string_view bytes) { return each(bytes); });
    return into.ended(view_->read(view_, str(path), into.sink()), path);
  }
  // Nothing: the revision is not known, list everything.
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

class Strategy {
 public:
  static constexpr std::string_view kind = STOKER_STRATEGY_ID;
  virtual ~Strategy() = default;
  virtual Result<void> recover(Call&, std::string_view keep, const Out<Change>&, const Out<Note>&,
                               const Text& state) = 0;
  virtual Result<void> plan(Call&, std::string_view run, std::string_view assignment, const View&, const Out<Change>&,
                            const Out<Note>&, const Out<Decision>&) = 0;
  virtual Result<void> content(Call&, std::string_view run, const View&, std::string_view path, const Bytes&) = 0;
  virtual Result<void> adopt(Call&, std::string_view run) = 0;
  virtual Result<void> stage(Call&, std::string_view run, const View&) = 0;
  virtual Result<void> apply(Call&, std::string_view run, const Out<Note>&) = 0;
  virtual Result<void> revert(Call&, std::string_view run, const Out<Change>&, const Out<Note>&) = 0;
  virtual Result<void> forget(Call&, std::string_view run) = 0;
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
      }};
  return &table;
}

template <class T>
requires std::derived_from<T, Strategy>
const void* table_of(std::string_view id) { return id == Strategy::kind ? strategy_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
