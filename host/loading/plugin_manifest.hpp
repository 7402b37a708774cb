// What a plugin says about itself, read from the ELF note of its library without running its code. [any thread]
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/loading/diagnostics.hpp"

namespace stoker::host {

enum class Concurrency { serial, reentrant };

struct Manifest {
  std::filesystem::path path;
  std::string id, version, license;
  std::uint16_t abi_major = 0, abi_minor = 0, min_host_minor = 0;
  std::vector<std::string> kinds, needs, optional_needs, lacks;
  Concurrency concurrency = Concurrency::serial;
  std::string settings_schema = "{}", use_schema = "{}";  // JSON Schema texts

  bool offers(std::string_view kind) const;
};

// Fails with one of STK-P001 to STK-P006. Unknown fields are ignored.
Result<Manifest> read_manifest(const std::filesystem::path& path);
// The same from the note's text.
Result<Manifest> parse_manifest(std::string_view json, const std::filesystem::path& path);

struct Scan {
  std::vector<Manifest> manifests;  // in the order of the folders, then by file name; one for each id
  std::vector<Diagnostic> diagnostics;
};

// All regular files `*.so` directly in the folders; symbolic links are followed. A broken file gives one diagnostic and
// hides no other file. A folder that does not exist counts as empty.
Scan scan(const std::vector<std::filesystem::path>& folders);

// SHA-256 in hex, empty when the file cannot be read.
std::string content_digest(const std::filesystem::path& path);

}  // namespace stoker::host
