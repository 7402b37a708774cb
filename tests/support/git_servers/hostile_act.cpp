// See hostile_act.hpp.
#include "hostile_act.hpp"

#include <algorithm>
#include <stdexcept>

namespace git_servers {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;        // with a client that never goes away
constexpr auto between_bytes = 50ms;  // of who is slow: shorter than any time without a byte that a client may allow
constexpr std::uint64_t huge = 10ull << 30;
constexpr std::string_view abilities = "side-band-64k ofs-delta allow-tip-sha1-in-want allow-reachable-sha1-in-want";

std::string packet(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  const std::size_t size = bytes.size() + 4;
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4) text += digits[(size >> shift) & 15];
  return text + std::string(bytes);
}

// Refs as a server says them; the first line has the server's abilities.
std::string listing(const HostileContent& content, std::string_view able = abilities,
                    const std::vector<std::string>& more = {}) {
  std::string text =
      packet(content.now + " HEAD" + '\0' + std::string(able) + "\n") + packet(content.now + " refs/heads/main\n");
  for (const std::string& name : more) text += packet(content.now + " " + name + "\n");
  return text;
}

std::string listing_of_second(const HostileContent& content, const std::vector<std::string>& more = {}) {
  std::string text = packet(content.now + " HEAD\n") + packet(content.now + " refs/heads/main\n");
  for (const std::string& name : more) text += packet(content.now + " " + name + "\n");
  return text;
}

const std::vector<std::string> names_of_harm = {"--upload-pack=touch harm",
                                                "refs/heads/../../../harm",
                                                "refs/heads/.git/config",
                                                "/etc/harm",
                                                "refs/heads/a\x1b[31mb",
                                                "refs/heads/a b",
                                                "refs/heads/x.lock",
                                                "refs/tags/../../HEAD",
                                                "refs/heads/" + std::string(4096, 'a')};

std::string pack_head(std::uint32_t objects) {
  std::string text("PACK\0\0\0\2", 8);
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(objects >> shift);
  return text;
}

// The head of a file's object of that size, then the head of its compressed bytes.
std::string file_head(std::uint64_t size) {
  std::string text(1, static_cast<char>(0x80 | (3 << 4) | (size & 15)));
  for (size >>= 4; size >= 128; size >>= 7) text += static_cast<char>(0x80 | (size & 127));
  return text + static_cast<char>(size) + "\x78\x01";
}

// Bytes in the one kind of block that needs no compression.
std::string stored_block() {
  std::string text("\0\xff\xff\0\0", 5);
  return text + std::string(65535, 'x');
}

class Conversation {
 public:
  Conversation(Act act, Over over, Version version, Wire& wire, const HostileContent& content,
               const std::string& location)
      : act_(act),
        second_(version == Version::second),
        http_(over == Over::http || over == Over::https),
        named_(over == Over::git),
        wire_(wire),
        content_(content),
        location_(location) {}

  void hold() {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end && wire_.stays(1s)) continue;
  }
  void run() {
    if (act_ == Act::silence) return hold();
    if (http_) return answer_request();
    if (named_ && hear_packet(0) == 0) return;  // which repository
    heard_.clear();
    if (second_) {
      if (!wire_.say(greeting())) return;
      while (hear_request() && answer_command()) continue;
      return;
    }
    if (list() && hear_wants()) send_pack();
  }

 private:
  // True once everything up to these bytes came; what came after them is kept.
  bool hears(std::string_view end) {
    std::size_t at;
    while ((at = heard_.find(end)) == heard_.npos) {
      const std::string more = wire_.hear();
      if (more.empty() || heard_.size() > (1u << 20)) return false;
      heard_ += more;
    }
    before_ = heard_.substr(0, at + end.size());
    heard_.erase(0, at + end.size());
    return true;
  }
  // Hears the whole packet that begins at this place; its end, or 0: the client is gone.
  std::size_t hear_packet(std::size_t at) {
    std::size_t end = at + 4;
    while (heard_.size() < end ||
           heard_.size() < (end = at + std::max(4ul, std::stoul(heard_.substr(at, 4), nullptr, 16)))) {
      const std::string more = wire_.hear();
      if (more.empty() || heard_.size() > (1u << 20)) return 0;
      heard_ += more;
    }
    return end;
  }
  bool endlessly(const std::string& bytes) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end && wire_.say(bytes)) continue;
    return false;
  }
  bool slowly(std::string_view bytes) {
    for (const char byte : bytes)
      if (!wire_.say({&byte, 1}) || !wire_.stays(between_bytes)) return false;
    return true;
  }
  bool then_hold() {
    hold();
    return false;
  }

  // Version 2: what the server can, then requests that end with a flush.
  static std::string greeting() {
    return packet("version 2\n") + packet("agent=hostile\n") + packet("ls-refs\n") + packet("fetch=shallow\n") +
           packet("object-format=sha1\n") + "0000";
  }
  bool hear_request() {
    for (std::size_t at = 0;;) {
      const std::size_t end = hear_packet(at);
      if (end == 0) return false;
      const bool flush = heard_.compare(at, 4, "0000") == 0;
      at = end;
      if (!flush) continue;
      before_ = heard_.substr(0, at);
      heard_.erase(0, at);
      return at > 4;
    }
  }
  bool answer_command() {
    if (before_.find("command=ls-refs") != before_.npos) return list();
    if (before_.find("0009done\n") == before_.npos && before_.find("0008done") == before_.npos)
      return wire_.say(packet("acknowledgments\n") + packet("NAK\n") + "0000");
    send_pack();
    return false;
  }

  void answer_request() {
    if (!hears("\r\n\r\n")) return;
    const bool post = before_.starts_with("POST");
    if (act_ == Act::silence_after_request) return hold();
    if (act_ == Act::redirect_round || act_ == Act::redirect_away) return redirect();
    if (act_ == Act::web_page) {
      wire_.say(
          "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<p>Log "
          "in.</p>\r\n");
      return;
    }
    wire_.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/x-git-upload-pack-" +
              std::string(post ? "result" : "advertisement") + "\r\n");
    if (act_ == Act::endless_headers) return void(endlessly("X-More: " + std::string(1000, 'x') + "\r\n"));
    if (act_ == Act::endless_header) return void(wire_.say("X-More: ") && endlessly(std::string(4096, 'x')));
    wire_.say("\r\n");
    const std::string service = packet("# service=git-upload-pack\n") + "0000";
    if (!post) return void(second_ ? wire_.say(service + greeting()) : wire_.say(service) && list());
    if (second_ && hear_request()) return void(answer_command());
    if (!second_ && hears("0009done\n")) send_pack();
  }
  void redirect() {
    const std::string path = before_.substr(before_.find(' ') + 1, before_.find(" HTTP") - before_.find(' ') - 1);
    const std::string to = act_ == Act::redirect_round ? path : location_ + path;
    wire_.say("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " + to + "\r\n\r\n");
  }

  bool list() {
    const std::string honest = second_ ? listing_of_second(content_) : listing(content_);
    switch (act_) {
      case Act::slow_listing: return slowly(honest + "0000");
      case Act::silence_in_listing: return wire_.say(honest) && then_hold();
      case Act::cut_listing: return wire_.say(honest.substr(0, honest.size() - 10)) && false;
      case Act::endless_listing: return wire_.say(honest) && endless_listing();
      case Act::endless_line:
        return wire_.say(honest) && endlessly("fff0" + content_.now + " refs/heads/" + std::string(65520 - 56, 'a'));
      case Act::bad_length: return wire_.say("zzzz" + honest + "0000");
      case Act::bad_names:
        return wire_.say(
            (second_ ? listing_of_second(content_, names_of_harm) : listing(content_, "side-band-64k", names_of_harm)) +
            "0000");  // no ids
      case Act::error_line: return wire_.say(packet("ERR \x1b[2J\r\nall\bgone " + std::string(60'000, '!')));
      default: return wire_.say(honest + "0000");
    }
  }
  // Each ref has a name of its own, and many come at once.
  bool endless_listing() {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (std::uint64_t number = 0; std::chrono::steady_clock::now() < end;) {
      std::string text;
      for (int i = 0; i < 500; ++i)
        text += packet(content_.now + " refs/heads/" + std::to_string(number++) + std::string(100, 'x') + "\n");
      if (!wire_.say(text)) return false;
    }
    return false;
  }

  // Over git and ssh: wants, a flush, what it has, each answered with "nothing in common", until it is done.
  bool hear_wants() {
    for (std::size_t at = 0, flushes = 0;;) {
      const std::size_t end = hear_packet(at);
      if (end == 0) return false;
      if (heard_.compare(at, 4, "0000") == 0 && ++flushes > 1 && !wire_.say(packet("NAK\n"))) return false;
      if (heard_.compare(at, 8, "0009done", 8) == 0 || heard_.compare(at, 8, "0008done", 8) == 0) break;
      at = end;
    }
    before_ = heard_;
    return true;
  }

  void send_pack() {
    banded_ = second_ || before_.find("side-band-64k") != before_.npos;
    if (act_ == Act::silence_before_pack) return hold();
    if (!wire_.say(packet(second_ ? "packfile\n" : "NAK\n"))) return;
    if (pack() && banded_) wire_.say("0000");
  }
  bool pack() {
    const std::string& whole = content_.whole;
    const std::size_t middle = whole.size() / 2;
    switch (act_) {
      case Act::slow_pack: return slowly(banded(whole));
      case Act::silence_in_pack: return send(whole.substr(0, middle)) && then_hold();
      case Act::cut_pack: return send(whole.substr(0, middle)) && false;
      case Act::endless_progress: return banded_ ? endlessly(packet("\2Counting objects: 1\r")) : then_hold();
      case Act::many_objects: return send(pack_head(0xfffffff0) + whole.substr(12, middle)) && then_hold();
      case Act::huge_object: return huge_object();
      case Act::damaged_pack: return send(damaged(whole));
      case Act::empty_pack:
        return send(pack_head(0) + "\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e");
      case Act::another_commit: return send(content_.another);
      case Act::commit_without_tree: return send(content_.without_tree);
      case Act::tree_without_files: return send(content_.without_files);
      default: return send(whole);
    }
  }
  static std::string damaged(std::string pack) {
    pack[pack.size() / 2] = static_cast<char>(pack[pack.size() / 2] ^ 0x41);
    return pack;
  }
  bool huge_object() {
    const std::string block = stored_block();
    bool heard = send(pack_head(1) + file_head(huge));
    for (std::uint64_t sent = 0; heard && sent < huge; sent += block.size()) heard = send(block);
    return false;
  }
  std::string banded(std::string_view bytes) const {
    constexpr std::size_t band_bytes_max = 65515;
    if (!banded_) return std::string(bytes);
    std::string text;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), band_bytes_max)))
      text += packet('\1' + std::string(bytes.substr(0, band_bytes_max)));
    return text;
  }
  bool send(std::string_view bytes) { return wire_.say(banded(bytes)); }

  const Act act_;
  const bool second_, http_, named_;
  Wire& wire_;
  const HostileContent& content_;
  const std::string& location_;
  std::string heard_, before_;
  bool banded_ = false;
};

}  // namespace

const char* name_of(Over over) {
  switch (over) {
    case Over::git: return "git";
    case Over::http: return "http";
    case Over::https: return "https";
    case Over::ssh: return "ssh";
  }
  return "";
}

const std::vector<NamedAct>& all_acts() {
  static const std::vector<NamedAct> acts = {
      {Act::none, "none"},
      {Act::silence, "silence"},
      {Act::silence_after_request, "silence_after_request"},
      {Act::endless_headers, "endless_headers"},
      {Act::endless_header, "endless_header"},
      {Act::redirect_round, "redirect_round"},
      {Act::redirect_away, "redirect_away"},
      {Act::web_page, "web_page"},
      {Act::slow_listing, "slow_listing"},
      {Act::silence_in_listing, "silence_in_listing"},
      {Act::cut_listing, "cut_listing"},
      {Act::endless_listing, "endless_listing"},
      {Act::endless_line, "endless_line"},
      {Act::bad_length, "bad_length"},
      {Act::bad_names, "bad_names"},
      {Act::error_line, "error_line"},
      {Act::silence_before_pack, "silence_before_pack"},
      {Act::slow_pack, "slow_pack"},
      {Act::silence_in_pack, "silence_in_pack"},
      {Act::cut_pack, "cut_pack"},
      {Act::endless_progress, "endless_progress"},
      {Act::many_objects, "many_objects"},
      {Act::huge_object, "huge_object"},
      {Act::damaged_pack, "damaged_pack"},
      {Act::empty_pack, "empty_pack"},
      {Act::another_commit, "another_commit"},
      {Act::commit_without_tree, "commit_without_tree"},
      {Act::tree_without_files, "tree_without_files"},
  };
  return acts;
}

std::string name_of(Act act) {
  for (const NamedAct& one : all_acts())
    if (one.act == act) return one.name;
  throw std::logic_error("an act without a name");
}

Act act_of(std::string_view name) {
  for (const NamedAct& one : all_acts())
    if (name == one.name) return one.act;
  throw std::invalid_argument("no such act: " + std::string(name));
}

bool is_http_only(Act act) { return act >= Act::silence_after_request && act <= Act::web_page; }

void perform(Act act, Over over, Version version, Wire& wire, const HostileContent& content,
             const std::string& location) {
  Conversation(act, over, version, wire, content, location).run();
}

}  // namespace git_servers
