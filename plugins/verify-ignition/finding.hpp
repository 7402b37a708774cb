// One finding of diagnose or probe. The name of the check is given by whoever lists it. What a gateway said comes out
// as short, valid text.
#pragma once

#include <stoker/utf8.hpp>
#include <stoker/verifier.hpp>

#include <string>
#include <string_view>

namespace ignition {

// Without what is not UTF-8 and without control characters, at most 1,000 bytes.
inline std::string clean(std::string_view text) {
  constexpr std::size_t bytes_max = 1000;
  std::string kept;
  while (!text.empty()) {
    const std::size_t size = stoker::utf8_length(text);
    if (kept.size() + size > bytes_max) return kept + " …";
    const bool control = size == 1 && (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f);
    if (size == 0 || control)
      kept += '?';
    else
      kept += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return kept;
}

inline stoker::Check finding(stoker::Check::Status status, std::string_view text, std::string_view remedy = {}) {
  return {{}, clean(text), clean(remedy), status};
}
inline stoker::Check ok(std::string_view text) { return finding(stoker::Check::Status::ok, text); }
inline stoker::Check skipped(std::string_view text) { return finding(stoker::Check::Status::skipped, text); }
inline stoker::Check warn(std::string_view text, std::string_view remedy) {
  return finding(stoker::Check::Status::warn, text, remedy);
}
inline stoker::Check fail(std::string_view text, std::string_view remedy = {}) {
  return finding(stoker::Check::Status::fail, text, remedy);
}

}  // namespace ignition
