// The documents that strategy-merge reads and writes (docs/documents.md): the part of an assignment that a plan needs,
// as typed values, and the state that recover returns.
#pragma once

#include "patch/patch_rules.hpp"
#include "records.hpp"

#include <stoker/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge {

struct WrittenMapping {
  std::string source, destination, type;  // type: dir, file or empty
  bool required = false;
  bool rendered = false;  // `template`: its files are templates
  std::vector<WrittenPatch> patches = {};
};

struct Assignment {
  std::string sync, name_space, ref, revision, inputs, vars_digest, role;
  std::string target, pod;
  std::int64_t ordinal = 0;
  std::map<std::string, std::string, std::less<>> labels, vars;
  std::vector<WrittenMapping> mappings;
  std::vector<std::string> excludes;
  std::vector<WrittenPatch> normalize;
  std::uint64_t prune_files_max = 20, prune_percent_max = 10;
  bool look_all = false, repair = false;

  static Result<Assignment> parse(std::string_view document);
};

// `base` may be null.
std::string state_document(const Base* base, std::string_view did, std::string_view run);

}  // namespace stoker::merge
