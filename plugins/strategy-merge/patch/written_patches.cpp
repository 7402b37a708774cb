// Read with the parts that read the files to be patched: the values of an assignment are texts, and each of them stays
// as it was written.
#include "written_patches.hpp"

#include "json_strings.hpp"
#include "json_text.hpp"

namespace stoker::merge {
namespace {

Error bad(const std::string& where, const std::string& why) {
  return Error(errc::invalid, where + ": " + why, "merge.bad-patch");
}

Result<void> read_values(std::string_view object, const std::string& where, WrittenPatch& into) {
  if (object.front() != '{') return bad(where, "set has to be a map from paths to texts");
  for (JsonItems items(object); items.next();) {
    const std::string path = said_by(items.key);
    if (items.value.front() != '"')
      return bad(where, "the value of '" + path + "' has to be a text; write it in quotes");
    into.set.insert_or_assign(path, said_by(items.value));
  }
  return {};
}

Result<WrittenPatch> read_entry(std::string_view entry, const std::string& where, std::string_view pattern_key) {
  if (entry.front() != '{') return bad(where, "it has to be a map");
  WrittenPatch read;
  for (JsonItems items(entry); items.next();) {
    const std::string key = said_by(items.key);
    if (key == "set") {
      if (auto done = read_values(items.value, where, read); !done) return std::move(done).error();
    } else if (key != pattern_key) {
      return bad(where, "there is no field '" + key + "'");
    } else if (items.value.front() != '"') {
      return bad(where, key + " has to be a text");
    } else {
      read.file = said_by(items.value);
    }
  }
  return read;
}

}  // namespace

Result<std::vector<WrittenPatch>> written_patches(std::string_view list, const std::string& where,
                                                  std::string_view pattern_key) {
  std::vector<WrittenPatch> written;
  if (list.empty()) return written;
  if (const auto fault = json_fault(list)) return bad(where, "not valid JSON: " + std::string(fault->why));
  list = json_trimmed(list);
  if (list == "null") return written;
  if (list.front() != '[') return bad(where, "it has to be a list");
  for (JsonItems items(list); items.next();) {
    if (written.size() == patch_entries_max)
      return bad(where, "more than " + std::to_string(patch_entries_max) + " entries");
    auto entry = read_entry(items.value, where + "[" + std::to_string(written.size()) + "]", pattern_key);
    if (!entry) return std::move(entry).error();
    written.push_back(std::move(entry).value());
  }
  return written;
}

}  // namespace stoker::merge
