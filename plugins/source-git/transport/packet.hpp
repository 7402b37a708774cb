// Packets of the git protocol: a length of four hexadecimal digits, which counts itself, and then the bytes; or one of
// three marks without bytes. Used on the thread of the call.
#pragma once

#include "byte_stream.hpp"

#include <optional>
#include <string>

namespace stoker::git {

struct Packet {
  enum class Kind { data, flush, delimiter, end };  // end: the end of a response
  Kind kind = Kind::flush;
  std::string bytes;                                                           // as sent, including the length
  std::string_view text() const { return std::string_view(bytes).substr(4); }  // empty for a mark
  std::string_view line() const;                                               // the text without its line end
};

std::string packet(std::string_view text);
inline constexpr std::string_view flush_packet = "0000", delimiter_packet = "0001";

// Fails with git.connection-lost when the stream ends within a packet or before one, and with git.bad-answer for an
// invalid packet.
Result<Packet> read_packet(ByteStream& stream);
// No value when the stream ends before a packet.
Result<std::optional<Packet>> read_packet_or_end(ByteStream& stream);

}  // namespace stoker::git
