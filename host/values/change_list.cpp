// How a change is packed: numbers with seven bits in each byte, texts with their length before them.
#include "host/values/change_list.hpp"

#include "host/base/digest.hpp"

#include <algorithm>
#include <string_view>

namespace stoker::host {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;

void put(std::string& block, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) block += static_cast<char>(number | 0x80);
  block += static_cast<char>(number);
}

void put(std::string& block, std::string_view text) {
  put(block, text.size());
  block += text;
}

std::uint64_t number_at(const std::string& block, std::size_t& at) {
  std::uint64_t number = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(block[at++]);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
}

std::string_view text_at(const std::string& block, std::size_t& at) {
  const auto size = static_cast<std::size_t>(number_at(block, at));
  const std::string_view text = std::string_view(block).substr(at, size);
  at += size;
  return text;
}

std::size_t shared_front(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

std::size_t shared_back(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin());
}

}  // namespace

void ChangeList::add(const Change& change) {
  if (blocks_.empty() || blocks_.back().size() >= block_bytes) {
    if (!blocks_.empty()) blocks_.back().shrink_to_fit();
    blocks_.emplace_back();
  }
  std::string& block = blocks_.back();
  const std::size_t front = shared_front(last_, change.path), back = shared_back(change.path, change.origin);
  put(block, front);
  put(block, std::string_view(change.path).substr(front));
  put(block, back);
  put(block, std::string_view(change.origin).substr(0, change.origin.size() - back));
  for (const std::string* text : {&change.blob, &change.before, &change.after}) put(block, *text);
  put(block, change.bytes);
  put(block, static_cast<std::uint64_t>(change.op));
  put(block, change.mode);
  put(block, change.mapping);
  last_ = change.path;
  ++count_;
}

void ChangeList::add(const ChangeList& others) {
  for (const Change& change : others) add(change);
}

std::string ChangeList::digest() const {
  Digest digest;
  const auto field = [&](std::string_view text) { digest.update(text).update(std::string_view("", 1)); };
  for (const Change& c : *this) {
    field(c.path);
    field(std::to_string(static_cast<unsigned>(c.op)));
    field(std::to_string(c.mode));
    field(c.after.empty() ? c.blob : c.after);
    field(std::to_string(c.mapping));
  }
  return digest.hex();
}

ChangeList::Iterator::Iterator(const ChangeList& list) : block_(list.blocks_.begin()), left_(list.count_) {
  if (left_) read();
}

ChangeList::Iterator& ChangeList::Iterator::operator++() {
  if (--left_) read();
  return *this;
}

void ChangeList::Iterator::read() {
  if (at_ == block_->size()) {
    ++block_;
    at_ = 0;
  }
  const std::string& block = *block_;
  now_.path.resize(number_at(block, at_));
  now_.path += text_at(block, at_);
  const std::string_view shared = std::string_view(now_.path).substr(now_.path.size() - number_at(block, at_));
  now_.origin = text_at(block, at_);
  now_.origin += shared;
  for (std::string* text : {&now_.blob, &now_.before, &now_.after}) *text = text_at(block, at_);
  now_.bytes = number_at(block, at_);
  now_.op = static_cast<Change::Op>(number_at(block, at_));
  now_.mode = static_cast<std::uint32_t>(number_at(block, at_));
  now_.mapping = static_cast<std::uint32_t>(number_at(block, at_));
}

}  // namespace stoker::host
