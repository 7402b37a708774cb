// Patches of JSON files: a path, a value and a file, on the first line, the second and the rest.
#include "fuzz.hpp"

#include "plugins/strategy-merge/patch/json_text.hpp"
#include "plugins/strategy-merge/patch/patch_rules.hpp"
#include "plugins/strategy-merge/patch/patch_value.hpp"

#include <algorithm>

namespace {

using namespace stoker::merge;
using stoker::fuzz::promise;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

bool can_append(const PatchPath& path) {
  return std::any_of(path.parts().begin(), path.parts().end(), [](const PathPart& part) { return part.appends(); });
}

void check(const PatchPath& path, const std::string& json, std::string_view file) {
  const ValueToSet set{path, json};
  const auto done = set_values(std::string(file), std::span(&set, 1));
  if (json_fault(file)) return promise(!done, "a file that is not JSON is an error");
  if (!done) return promise(!done.error().message.empty(), "an error says why");
  promise(!json_fault(done->bytes), "a patched file is JSON");
  promise(done->bytes.find(json) != std::string::npos, "the value is in the file");
  if (can_append(path)) return;
  const auto again = set_values(done->bytes, std::span(&set, 1));
  promise(again && again->bytes == done->bytes && again->notes.empty(), "a value that is set twice changes nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  std::string_view file = stoker::fuzz::text_of(data, size);
  const std::string_view written = take_line(file), value = take_line(file);
  const auto json = value_in_json(value);
  if (!json) return 0;
  promise(!json_fault(*json), "a value is JSON");
  const auto twice = value_in_json(*json);  // \ufffd becomes the character itself
  const auto thrice = value_in_json(*twice);
  promise(twice && thrice && *thrice == *twice, "a value that was written is read as it is");
  for (const PathDialect dialect : {PathDialect::sjson, PathDialect::jq}) {
    const auto path = PatchPath::parse(written, dialect);
    if (!path) continue;
    promise(path->first(path->parts().size()) == written, "the path is the text");
    check(*path, *json, file);
  }
  return 0;
}
