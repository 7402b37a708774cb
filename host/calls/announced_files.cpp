#include "host/calls/announced_files.hpp"

#include "host/base/printable.hpp"
#include "host/calls/call_fault.hpp"

#include <stoker/records.hpp>

#include <algorithm>
#include <functional>
#include <span>

namespace stoker::host {
namespace {

constexpr std::string_view sha256_prefix = "sha256:";
constexpr std::string_view empty_git_blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
constexpr std::size_t sha1_digits = 40, sha256_digits = 64, path_shown_max = 256;
constexpr std::size_t unsorted_max = 1024;  // so many may come before they are put into their places

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_sha256(std::string_view blob) {
  return blob.size() == sha256_prefix.size() + sha256_digits && blob.starts_with(sha256_prefix) &&
         is_hex(blob.substr(sha256_prefix.size()));
}

bool is_git_blob(std::string_view blob) { return blob.size() == sha1_digits && is_hex(blob); }

constexpr std::size_t digits_of(bool sha1) { return sha1 ? sha1_digits : sha256_digits; }

void read_hex(std::string_view digits, std::array<std::uint8_t, 32>& into) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    into[i / 2] = static_cast<std::uint8_t>(value(digits[i]) * 16 + value(digits[i + 1]));
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// A git blob id covers the size too, which comes first. So it cannot be checked for a file of unknown size, and 0 means
// that, except in the id of no bytes.
std::optional<Digest> digest_for(const AnnouncedFile& file) {
  if (is_sha256(file.blob)) return Digest();
  if (!is_git_blob(file.blob) || (file.bytes == 0 && file.blob != empty_git_blob)) return std::nullopt;
  Digest digest(Digest::Algorithm::sha1);
  digest.update("blob " + std::to_string(file.bytes)).update(std::string_view("\0", 1));
  return digest;
}

}  // namespace

void AnnouncedFiles::add(const stoker_file& file) {
  if (file.type != STOKER_FILE_REGULAR) return;
  const std::string_view blob = view(file.blob);
  Entry entry{std::hash<std::string_view>()(view(file.path)), file.bytes, {}, Form::name};
  if (is_git_blob(blob)) entry.form = Form::sha1;
  if (is_sha256(blob)) entry.form = Form::sha256;
  if (entry.form != Form::name) read_hex(blob.substr(blob.size() - digits_of(entry.form == Form::sha1)), entry.digest);
  const std::lock_guard lock(mutex_);
  entries_.push_back(entry);
  if (entries_.size() - sorted_ > std::max(sorted_, unsorted_max)) sort();
}

std::optional<AnnouncedFile> AnnouncedFiles::find(std::string_view path) const {
  const std::uint64_t wanted = std::hash<std::string_view>()(path);
  const std::lock_guard lock(mutex_);
  if (sorted_ != entries_.size()) sort();
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), wanted,
                                   [](const Entry& entry, std::uint64_t key) { return entry.path < key; });
  if (at == entries_.end() || at->path != wanted) return std::nullopt;
  AnnouncedFile file;
  file.bytes = at->bytes;
  if (at->form == Form::sha256) file.blob = sha256_prefix;
  if (at->form != Form::name) file.blob += hex_of({at->digest.data(), digits_of(at->form == Form::sha1) / 2});
  return file;
}

void AnnouncedFiles::sort() const {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  const auto same = [](const Entry& a, const Entry& b) { return a.path == b.path; };
  entries_.erase(entries_.begin(), std::unique(entries_.rbegin(), entries_.rend(), same).base());
  sorted_ = entries_.size();
}

DeliveredFile::DeliveredFile(std::string_view path, std::optional<AnnouncedFile> announced)
    : path_(path),
      announced_(std::move(announced).value_or(AnnouncedFile())),
      bytes_max_(announced_.bytes ? announced_.bytes : unannounced_bytes_max),
      digest_(digest_for(announced_)) {}

Result<void> DeliveredFile::take(std::string_view bytes) {
  if (bytes.size() > bytes_max_ - bytes_)
    return wrong("more than " + std::to_string(bytes_max_) + " bytes",
                 announced_.bytes ? "the size that it announced" : "allowed for a file without an announced size");
  bytes_ += bytes.size();
  if (digest_) digest_->update(bytes);
  return {};
}

Result<void> DeliveredFile::check_whole() {
  if (announced_.bytes != 0 && bytes_ != announced_.bytes)
    return wrong(std::to_string(bytes_) + " bytes", std::to_string(announced_.bytes) + " were announced");
  if (!digest_) return {};
  const std::string hex = digest_->hex();
  const std::string found = is_sha256(announced_.blob) ? std::string(sha256_prefix) + hex : hex;
  return found == announced_.blob ? Result<void>()
                                  : wrong("bytes with the blob " + found, announced_.blob + " was announced");
}

Result<void> DeliveredFile::wrong(const std::string& delivered, const std::string& announced) const {
  return misbehaving("read() delivered " + delivered + " of \"" + printable(path_, path_shown_max) + "\", " +
                     announced);
}

}  // namespace stoker::host
