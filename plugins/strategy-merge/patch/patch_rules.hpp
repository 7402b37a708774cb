// The patches that a profile writes down, ready for use: those of one mapping, or the rules that normalise files of any
// mapping. Says which of them apply to a live path, and applies them to the bytes of a file. Pure.
#pragma once

#include "../glob.hpp"
#include "patch.hpp"

#include <stoker/records.hpp>

#include <functional>
#include <map>

namespace stoker::merge {

constexpr std::size_t patch_entries_max = 1000;         // in one list
constexpr std::size_t patch_values_max = 10'000;        // in one list
constexpr std::size_t patch_list_bytes_max = 4u << 20;  // of its values, with their placeholders filled in

// An entry of `patches` or `normalize`.
struct WrittenPatch {
  std::string file;                        // a pattern; empty: the mapped file
  std::map<std::string, std::string> set;  // path -> value
};

// Fills in the placeholders of a value.
using FillIn = std::function<Result<std::string>(std::string_view)>;

class Patches {
 public:
  // The `patches` of a mapping. `where` names them in errors and notes: "mapping[0].patches".
  static Result<Patches> of_mapping(std::span<const WrittenPatch> written, std::string where, const FillIn& fill_in);
  // The rules of `normalize`. A path may begin with a dot, as in jq, and every entry needs a pattern.
  static Result<Patches> normalising(std::span<const WrittenPatch> written, std::string where, const FillIn& fill_in);

  bool empty() const { return entries_.empty(); }
  // The entries that apply to a live path of a mapping with this destination, in their order. A pattern is held against
  // the path below the destination, or against the name of a file that is mapped alone. Rules that normalise have the
  // destination "": their patterns are held against the path from the data root.
  std::vector<std::size_t> chosen(std::string_view path, std::string_view destination) const;
  // The values of these entries: in the order of the list, and within an entry in the order of the paths.
  std::vector<ValueToSet> values(std::span<const std::size_t> entries) const;
  // A note for each entry that applied to no file; `used` says to how many files each applied.
  std::vector<Note> notes(std::span<const std::uint64_t> used) const;
  // Equal for lists that do the same.
  std::string rules() const;

 private:
  struct Entry {
    std::string file;
    std::optional<Glob> glob;  // none: the mapped file
    std::vector<ValueToSet> values;
  };
  static Result<Patches> compile(std::span<const WrittenPatch> written, std::string where, const FillIn& fill_in,
                                 PathDialect dialect);
  std::string where_;
  std::vector<Entry> entries_;
};

// How many files each entry of a list applied to.
class PatchUse {
 public:
  void count(std::span<const std::size_t> entries);
  std::vector<Note> notes(const Patches& patches) const { return patches.notes(used_); }

 private:
  std::vector<std::uint64_t> used_;
};

// All that is done to one file after its template: first the rules that normalise, then the patches of its mapping,
// which therefore have the last word. A file to which nothing applies is not looked at.
struct FilePatches {
  std::vector<std::size_t> normalising, of_mapping;  // what chosen() said
  bool empty() const { return normalising.empty() && of_mapping.empty(); }
};
Result<Patched> render(std::string bytes, const FilePatches& chosen, const Patches& normalising,
                       const Patches& of_mapping, const PatchLimits& limits = {});

}  // namespace stoker::merge
