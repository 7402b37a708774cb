// The formats of texts in a schema. Pure. [any thread]
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stoker::host {

inline constexpr std::string_view text_formats[] = {"duration",  "bytes",    "uri",        "web-url",
                                                    "https-url", "hostname", "secret-name"};

// Describes a valid text of this format when `text` is not valid; empty when it is, and for an unknown format.
std::string_view not_of_format(std::string_view format, std::string_view text);
// How large a text of this format is, for formats that have a size: milliseconds, or bytes.
std::optional<double> size_of(std::string_view format, std::string_view text);
// Reads a number of bytes as GatewaySync objects write it: "512", "10Ki", "64Mi", "1G".
std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace stoker::host
