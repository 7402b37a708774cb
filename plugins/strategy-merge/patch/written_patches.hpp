// Reads `patches` and `normalize` of an assignment.
#pragma once

#include "patch_rules.hpp"

namespace stoker::merge {

// `list` is a JSON list of entries {"<pattern_key>": text, "set": {path: text, …}}, or empty for none; the key is
// `file` in patches and `files` in normalize. `where` names the list in errors ("mapping[0].patches"). Fails with
// merge.bad-patch.
Result<std::vector<WrittenPatch>> written_patches(std::string_view list, const std::string& where,
                                                  std::string_view pattern_key);

}  // namespace stoker::merge
