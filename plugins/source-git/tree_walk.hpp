// What the files of GitTree share: the walk over folders, and how a damaged cache is made anew. Included only by them.
#pragma once

#include "git_tree.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker::git {

constexpr std::size_t entries_max = 1000000;  // files and folders of one revision
constexpr int depth_max = 128;
constexpr std::size_t paths_bytes_max =
    64 << 20;  // of one revision; needed, because a small repository can contain the same folder many times
constexpr std::size_t folder_bytes_max = 64 << 20;
constexpr std::string_view damaged_code = "git.cache-damaged";

// For messages: characters that cannot be shown become "?".
inline std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return text;
}

inline std::string_view text_of(const OdbObject& object) {
  return {static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())};
}

struct GitTree::Walk {
  Call& call;
  const Part* part;
  std::uint32_t part_number = 0;
  std::vector<Entry> entries = {};
  std::vector<Entry> links = {};  // the submodules of this part
  ByPath<std::string_view> odd = {};
  std::vector<std::string> differ = {};
  bool submodule_differs = false, name_twice = false;
  std::size_t seen = 0, path_bytes = 0;
};

template <class Function>
auto GitTree::mending(Call& call, Function function) -> decltype(function()) {
  auto done = function();
  if (done || done.error().code != damaged_code) return done;
  if (auto reloaded = reload(call); !reloaded) return std::move(reloaded).error();
  return function();
}

}  // namespace stoker::git
