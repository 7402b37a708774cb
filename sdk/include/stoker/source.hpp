// What a C++ author of a source writes: a Source and its Tree. Contracts: stoker/abi/source.h.
#pragma once

#include <stoker/instance.hpp>

namespace stoker {

// The content of one revision. Several calls at once only if the manifest says reentrant.
class Tree {
 public:
  virtual ~Tree() = default;
  virtual Result<void> list(Call&, std::string_view under, const Out<File>&) = 0;
  virtual Result<void> read(Call&, std::string_view path, const Bytes&) = 0;
  virtual Result<void> diff(Call&, std::string_view since, const Out<Delta>&) = 0;
};

class Source {
 public:
  static constexpr std::string_view kind = STOKER_SOURCE_ID;
  virtual ~Source() = default;
  virtual Result<void> resolve(Call&, const std::vector<std::string_view>& refs, const Out<Resolved>&,
                               const Out<Note>&) = 0;
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
