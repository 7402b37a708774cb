#include "conversation.hpp"

namespace stoker::git {
namespace {

constexpr std::uint64_t capabilities_bytes_max = 64 << 10, listing_bytes_max = 128 << 20;
constexpr std::size_t refs_max = 500000, remark_bytes_max = 300, prefixes_max = 1000;

Error too_many() {
  return Error(errc::exhausted, "the list of refs is longer than 128 MiB or has more than 500000",
               "git.listing-too-large")
      .with_retry(false);
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, remark_bytes_max));
  for (char& c : out)
    if (c < ' ' || c > 0x7e) c = '?';
  return out;
}

// "ERR …": the reason, in the words of the server, why it refuses the request.
Error refused(std::string_view why) {
  const std::string message = "the server says: " + printable(why);
  if (why.find("access denied") != why.npos) return Error(errc::denied, message, "git.denied");
  for (std::string_view words :
       {"not found", "no such repository", "does not exist", "not appear to be a git repository"})
    if (why.find(words) != why.npos) return Error(errc::not_found, message, "git.repository-not-found");
  return Error(errc::conflict, message, "git.refused");
}

// Parses "<id> <name>"; no value when the line is not valid.
std::optional<std::pair<std::string_view, std::string_view>> id_and_name(std::string_view line) {
  if (line.size() < sha_digits + 2 || line[sha_digits] != ' ' || !is_hex(line.substr(0, sha_digits)))
    return std::nullopt;
  return std::pair(line.substr(0, sha_digits), line.substr(sha_digits + 1));
}

// "<id> <name>" where the id has as many digits as SHA-256.
bool names_by_sha256(std::string_view line) {
  constexpr std::size_t digits = 64;
  return line.size() > digits && line[digits] == ' ' && is_hex(line.substr(0, digits));
}

// One ref of version 2: "<id> <name>[ symref-target:…][ peeled:<id>]".
bool add_line(Listing& listing, std::string_view line) {
  if (line.starts_with("unborn ")) return true;
  const auto ref = id_and_name(line);
  if (!ref) return false;
  const std::string_view name = ref->second.substr(0, ref->second.find(' '));
  add_advertised(listing, name, ref->first);
  constexpr std::string_view peeled = " peeled:";
  if (const auto at = ref->second.find(peeled); at != std::string_view::npos)
    add_advertised(listing, std::string(name) + "^{}", ref->second.substr(at + peeled.size(), sha_digits));
  return true;
}

}  // namespace

Error object_format() {
  return Error(errc::incompatible,
               "the repository names its objects by SHA-256, which is not supported; use a repository with SHA-1",
               "git.object-format");
}

Result<Conversation> Conversation::begin(Peer& peer) {
  auto stream = peer.talk(Service::list);
  if (!stream) return std::move(stream).error();
  Conversation conversation(peer, std::move(*stream));
  if (auto greeted = conversation.greet(); !greeted) return std::move(greeted).error();
  return conversation;
}

Result<Packet> Conversation::next(ByteStream& stream) {
  auto packet = read_packet(stream);
  if (!packet) return packet;
  constexpr std::string_view error = "ERR ";
  if (packet->kind == Packet::Kind::data && packet->text().starts_with(error))
    return refused(packet->line().substr(error.size()));
  return packet;
}

Result<void> Conversation::greet() {
  auto packet = next(*stream_);
  if (packet && packet->kind == Packet::Kind::data && packet->text().starts_with("# service=")) {
    packet = next(*stream_);
    if (packet && packet->kind == Packet::Kind::flush) packet = next(*stream_);
  }
  if (!packet) return std::move(packet).error();
  if (packet->kind != Packet::Kind::data || packet->line() != "version 2") {
    first_ = std::move(*packet);
    return {};
  }
  for (;;) {
    capabilities_ += packet->bytes;
    if (packet->line() == "object-format=sha256") return object_format();
    if (packet->kind == Packet::Kind::flush) return {};
    if (capabilities_.size() > capabilities_bytes_max)
      return Error(errc::incompatible, "more than 64 KiB of capabilities", "git.bad-answer");
    packet = next(*stream_);
    if (!packet) return std::move(packet).error();
  }
}

Result<void> Conversation::ask(std::string_view request, const Take& take) {
  if (peer_.stateless()) {
    auto stream = peer_.talk(Service::fetch);
    if (!stream) return std::move(stream).error();
    stream_ = std::move(*stream);
  }
  if (auto sent = stream_->write(request); !sent) return sent;
  for (;;) {
    auto packet = next(*stream_);
    if (!packet) return std::move(packet).error();
    if (auto taken = take(*packet); !taken) return taken;
    if (packet->kind == Packet::Kind::flush) return {};
  }
}

Result<Listing> Conversation::list(const std::vector<std::string>& prefixes) {
  if (!second_version()) return list_first_version();
  std::string request = packet("command=ls-refs\n") + packet("agent=stoker\n");
  if (capabilities_.find("object-format=") != capabilities_.npos) request += packet("object-format=sha1\n");
  request += std::string(delimiter_packet) + packet("peel\n");
  if (prefixes.size() <= prefixes_max)
    for (const std::string& prefix : prefixes) request += packet("ref-prefix " + prefix + "\n");
  request += flush_packet;
  Listing listing;
  auto asked = ask(request, [&](const Packet& packet) -> Result<void> {
    if (packet.kind != Packet::Kind::data) return {};
    if ((bytes_ += packet.bytes.size()) > listing_bytes_max || listing.size() > refs_max) return too_many();
    if (add_line(listing, packet.line())) return {};
    return Error(errc::incompatible, "the list of refs contains an invalid line", "git.bad-answer");
  });
  if (!asked) return std::move(asked).error();
  if (!peer_.stateless())
    (void)stream_->write(
        flush_packet);  // tells the server that nothing more is wanted; it may have closed the connection already
  return listing;
}

// "<id> <name>\0<capabilities>", "<id> <name>", …; an empty repository sends one invalid name; shallow commits have
// lines of their own.
Result<Listing> Conversation::list_first_version() {
  Listing listing;
  Packet packet = std::move(first_);
  while (packet.kind != Packet::Kind::flush) {
    const std::string_view line = packet.line().substr(0, packet.line().find('\0'));
    const auto ref = id_and_name(line);
    if (names_by_sha256(line)) return object_format();
    if (packet.kind != Packet::Kind::data || (!ref && line != "version 1" && !line.starts_with("shallow ")))
      return Error(errc::incompatible, "the list of refs contains an invalid line", "git.bad-answer");
    if ((bytes_ += packet.bytes.size()) > listing_bytes_max || listing.size() > refs_max) return too_many();
    if (ref && ref->second != "capabilities^{}") add_advertised(listing, ref->second, ref->first);
    auto more = next(*stream_);
    if (!more) return std::move(more).error();
    packet = std::move(more).value();
  }
  if (!peer_.stateless()) (void)stream_->write(flush_packet);
  return listing;
}

}  // namespace stoker::git
