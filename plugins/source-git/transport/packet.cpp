#include "packet.hpp"

#include <charconv>
#include <cstdio>

namespace stoker::git {
namespace {

constexpr std::size_t length_digits = 4;

Error lost() {
  return Error(errc::unreachable, "the server closed the connection within its answer", "git.connection-lost");
}

// Reads until `bytes` is `size` long; false: the stream ended before.
Result<bool> fill(ByteStream& stream, std::string& bytes, std::size_t size) {
  std::size_t have = bytes.size();
  bytes.resize(size);
  while (have < size) {
    auto got = stream.read(bytes.data() + have, size - have);
    if (!got) return std::move(got).error();
    if (*got == 0) {
      bytes.resize(have);
      return false;
    }
    have += *got;
  }
  return true;
}

}  // namespace

std::string_view Packet::line() const {
  std::string_view whole = text();
  if (whole.ends_with('\n')) whole.remove_suffix(1);
  return whole;
}

std::string packet(std::string_view text) {
  char length[length_digits + 1];
  std::snprintf(length, sizeof length, "%04zx", text.size() + length_digits);
  return length + std::string(text);
}

Result<std::optional<Packet>> read_packet_or_end(ByteStream& stream) {
  Packet packet;
  auto there = fill(stream, packet.bytes, length_digits);
  if (!there) return std::move(there).error();
  if (!*there && packet.bytes.empty()) return std::optional<Packet>();
  if (!*there) return lost();
  unsigned length = 0;
  const char* const end = packet.bytes.data() + length_digits;
  const auto [at, failure] = std::from_chars(packet.bytes.data(), end, length, 16);
  if (failure != std::errc() || at != end || length == 3)
    return Error(errc::incompatible, "the answer is not Git's protocol", "git.bad-answer");
  if (length < length_digits) {
    packet.kind = static_cast<Packet::Kind>(length + 1);
    return std::optional(std::move(packet));
  }
  packet.kind = Packet::Kind::data;
  auto whole = fill(stream, packet.bytes, length);
  if (!whole) return std::move(whole).error();
  if (!*whole) return lost();
  return std::optional(std::move(packet));
}

Result<Packet> read_packet(ByteStream& stream) {
  auto packet = read_packet_or_end(stream);
  if (!packet) return std::move(packet).error();
  if (!*packet) return lost();
  return std::move(**packet);
}

}  // namespace stoker::git
