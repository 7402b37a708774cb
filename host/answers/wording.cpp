#include "host/answers/wording.hpp"

#include "host/base/printable.hpp"
#include "host/base/utc_time.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

constexpr std::int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

std::string counted(std::int64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

bool is_hex(const std::string& text) { return text.find_first_not_of("0123456789abcdef") == text.npos; }

}  // namespace

std::string long_time(std::int64_t ms) {
  ms = std::max<std::int64_t>(ms, 0);
  if (ms < 2 * minute) return counted(ms / second, "second");
  if (ms < 2 * hour) return counted(ms / minute, "minute");
  if (ms < 2 * day) return counted(ms / hour, "hour");
  return counted(ms / day, "day");
}

// The rounding of kubectl: the longer ago, the less exact.
std::string age(std::int64_t ms) {
  const std::int64_t s = std::max<std::int64_t>(ms, 0) / 1000, m = s / 60, h = m / 60, d = h / 24, y = d / 365;
  const auto two = [](std::int64_t big, const char* unit, std::int64_t small, const char* rest) {
    return std::to_string(big) + unit + (small ? std::to_string(small) + rest : "");
  };
  if (s < 120) return std::to_string(s) + "s";
  if (m < 10) return two(m, "m", s % 60, "s");
  if (h < 3) return std::to_string(m) + "m";
  if (h < 8) return two(h, "h", m % 60, "m");
  if (h < 48) return std::to_string(h) + "h";
  if (d < 8) return two(d, "d", h % 24, "h");
  if (d < 365 * 2) return std::to_string(d) + "d";
  if (y < 8) return two(y, "y", d % 365, "d");
  return std::to_string(y) + "y";
}

std::string age_since(std::int64_t since_ms, std::int64_t now_ms) {
  return since_ms == 0 ? "-" : age(now_ms - since_ms);
}

std::string moment(std::int64_t at_ms, std::int64_t now_ms) {
  if (at_ms == 0) return {};
  const std::string when =
      at_ms > now_ms ? "in " + long_time(at_ms - now_ms + second - 1) : long_time(now_ms - at_ms) + " ago";
  return when + " (" + rfc3339(at_ms) + ")";
}

std::string took(std::int64_t ms) {
  if (ms < second) return std::to_string(ms) + "ms";
  if (ms < 10 * second) return std::to_string(ms / second) + "." + std::to_string(ms % second / 100) + "s";
  if (ms < 2 * minute) return std::to_string(ms / second) + "s";
  return std::to_string(ms / minute) + "m" + std::to_string(ms % minute / second) + "s";
}

std::string short_revision(const std::string& revision) {
  const bool commit = (revision.size() == 40 || revision.size() == 64) && is_hex(revision);
  return commit ? revision.substr(0, 7) : printable(revision, 60);
}

std::string short_ref(const std::string& ref) {
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/"})
    if (ref.starts_with(prefix)) return printable(std::string_view(ref).substr(prefix.size()), 100);
  return printable(ref, 100);
}

std::string revision_of(const std::string& revision, const std::string& ref) {
  if (revision.empty()) return "nothing";
  return short_revision(revision) + (ref.empty() || ref == revision ? "" : " of " + short_ref(ref));
}

std::string argument(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
  const std::string shown = printable(text, 253);
  if (!shown.empty() && shown[0] != '-' && shown.find_first_not_of(plain) == shown.npos) return shown;
  std::string quoted = "'";
  for (const char c : shown) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const bool first = column == indent;
    if (!first && column + 1 + columns(word) > line_max) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns(word);
  }
  return out + "\n";
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace stoker::host
