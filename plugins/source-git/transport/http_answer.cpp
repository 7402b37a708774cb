#include "http_answer.hpp"

#include <algorithm>
#include <charconv>

namespace stoker::git {
namespace {

constexpr std::size_t portion = 16384;
constexpr int interim_answers_max = 8;

Error bad(std::string_view why) {
  return Error(errc::incompatible, "the answer is not HTTP: " + std::string(why), "git.bad-answer");
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool whole_number(std::string_view text, int base, std::uint64_t& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return failure == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<bool> HttpAnswer::more() {
  buffer_.resize(portion);
  at_ = 0;
  auto got = connection_.read(buffer_.data(), buffer_.size());
  buffer_.resize(got ? *got : 0);
  if (!got) return std::move(got).error();
  return *got > 0;
}

Result<std::string> HttpAnswer::line() {
  std::string text;
  for (;;) {
    if (at_ == buffer_.size()) {
      auto there = more();
      if (!there) return std::move(there).error();
      if (!*there) return Error(errc::unreachable, "the connection ended before the answer did", "git.connection-lost");
    }
    const char c = buffer_[at_++];
    if (++head_bytes_ > http_head_bytes_max) return bad("more than 64 KiB of headers");
    if (c == '\n') break;
    text.push_back(c);
  }
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Result<HttpHead> HttpAnswer::one_head() {
  auto status = line();
  if (!status) return std::move(status).error();
  HttpHead head;
  std::uint64_t code = 0;
  if (!status->starts_with("HTTP/1.") || status->size() < 12 || !whole_number(status->substr(9, 3), 10, code) ||
      code < 100)
    return bad("it does not begin with a status line");
  head.status = static_cast<int>(code);
  for (;;) {
    auto text = line();
    if (!text) return std::move(text).error();
    if (text->empty()) return head;
    const auto colon = text->find(':');
    if (colon == text->npos || colon == 0) return bad("a header without a name");
    head.headers.insert_or_assign(lower(text->substr(0, colon)), std::string(trimmed(text->substr(colon + 1))));
  }
}

Result<HttpHead> HttpAnswer::head() {
  for (int interim = 0; interim <= interim_answers_max; ++interim) {
    auto found = one_head();
    if (!found) return found;
    if (found->status == 101) return bad("it switches protocols unasked");
    if (found->status < 200) continue;
    if (auto framed = frame(*found); !framed) return std::move(framed).error();
    return found;
  }
  return bad("too many interim answers");
}

Result<void> HttpAnswer::frame(const HttpHead& head) {
  const std::string coding = lower(head.header("transfer-encoding"));
  if (!coding.empty() && coding != "chunked") return bad("a transfer encoding that was not asked for");
  if (!head.header("content-encoding").empty() && lower(head.header("content-encoding")) != "identity")
    return bad("a content encoding that was not asked for");
  if (coding == "chunked") {
    framing_ = Framing::chunks;
  } else if (const std::string_view length = head.header("content-length"); !length.empty()) {
    framing_ = Framing::length;
    if (!whole_number(length, 10, left_)) return bad("a length that is no number");
  }
  ended_ = head.status == 204 || head.status == 304 || (framing_ == Framing::length && left_ == 0);
  return {};
}

Result<std::size_t> HttpAnswer::take(char* into, std::size_t size) {
  if (at_ == buffer_.size()) {
    auto there = more();
    if (!there) return std::move(there).error();
    if (!*there) return std::size_t{0};
  }
  size = std::min(size, buffer_.size() - at_);
  std::copy_n(buffer_.data() + at_, size, into);
  at_ += size;
  return size;
}

Result<void> HttpAnswer::next_chunk() {
  head_bytes_ = 0;
  if (!first_chunk_) {
    auto end = line();
    if (!end) return std::move(end).error();
    if (!end->empty()) return bad("a chunk that is longer than it says");
  }
  first_chunk_ = false;
  auto text = line();
  if (!text) return std::move(text).error();
  if (!whole_number(trimmed(std::string_view(*text).substr(0, text->find(';'))), 16, left_))
    return bad("a chunk without a length");
  ended_ = left_ == 0;
  return {};
}

Result<std::size_t> HttpAnswer::body(char* into, std::size_t size) {
  if (!ended_ && framing_ == Framing::chunks && left_ == 0)
    if (auto chunk = next_chunk(); !chunk) return std::move(chunk).error();
  if (ended_ || size == 0) return std::size_t{0};
  if (framing_ != Framing::until_end) size = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
  auto got = take(into, size);
  if (!got) return got;
  if (framing_ == Framing::until_end) {
    ended_ = *got == 0;
    return got;
  }
  if (*got == 0) return Error(errc::unreachable, "the connection ended before the answer did", "git.connection-lost");
  left_ -= *got;
  ended_ = framing_ == Framing::length && left_ == 0;
  return got;
}

}  // namespace stoker::git
