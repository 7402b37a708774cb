// When are two failures the same for people? A message may have a time or a count in it, so it is compared only where
// there is no code. What is told once, and again when it changes, is decided with this. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <string>

namespace stoker::host {

// Equal for failures that are the same.
inline std::string reason_of(const Error& why) {
  std::string text(name(why.kind));
  text += why.code.empty() ? '=' : '/';
  return text + (why.code.empty() ? why.message : why.code);
}

inline bool same_reason(const Error& one, const Error& other) { return reason_of(one) == reason_of(other); }

}  // namespace stoker::host
