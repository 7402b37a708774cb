// SHA-256 of texts, in lower-case hex.
#pragma once

#include <string>
#include <string_view>

namespace stoker::host {

std::string sha256_hex(std::string_view text);

}  // namespace stoker::host
