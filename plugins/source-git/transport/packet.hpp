// Packets of Git's protocol: a length in four hexadecimal digits, then that many bytes less four; or one of three marks
// without bytes. One call's thread.
#pragma once

#include "byte_stream.hpp"

#include <optional>
#include <string>

namespace stoker::git {

struct Packet {
  enum class Kind { data, flush, delimiter, end };  // end: of a response
  Kind kind = Kind::flush;
  std::string bytes;                                                           // as sent, with the length
  std::string_view text() const { return std::string_view(bytes).substr(4); }  // empty for a mark
  std::string_view line() const;                                               // the text without its line end
};

std::string packet(std::string_view text);
inline constexpr std::string_view flush_packet = "0000", delimiter_packet = "0001";

// git.connection-lost when the stream ends within a packet or before one; git.bad-answer for what is none.
Result<Packet> read_packet(ByteStream& stream);
// Nothing where the stream ends before a packet.
Result<std::optional<Packet>> read_packet_or_end(ByteStream& stream);

}  // namespace stoker::git
