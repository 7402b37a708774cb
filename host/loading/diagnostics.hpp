// Why a plugin is not loaded. Each reason has a stable code (STK-P001 ...), what was found, what was expected and what
// to do next. Pure values. [any thread]
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <stoker/result.hpp>

namespace stoker::host {

// In the order of their numbers, which never change; a new one goes to the end.
enum class LoadFault {
  missing_file = 1,
  not_a_library,
  other_architecture,
  no_manifest,
  bad_manifest,
  missing_field,
  abi_major,
  host_minor,
  unknown_kind,
  unknown_need,
  not_linkable,
  no_entry,
  entry_differs,
  short_table,
  crashed,
  hung,
  open_failed,
  id_twice,
  file_twice,
};

// A file that is not loaded, and why.
struct Diagnostic {
  std::filesystem::path path;
  Error error;
};

struct Explanation {
  LoadFault fault;
  errc kind;
  std::string_view title;  // a few words
  std::string_view text;   // what it means and what causes it
  std::string_view next;   // what to do
};

std::string code_of(LoadFault fault);  // "STK-P012"
std::span<const Explanation> explanations();
// Null when there is no such code.
const Explanation* explanation_of(std::string_view code);

// "<path>: <title>: found <found>, expected <expected>; <next>", with the code. `detail` holds the parts as JSON.
Error load_error(LoadFault fault, const std::filesystem::path& path, std::string_view found, std::string_view expected);

}  // namespace stoker::host
