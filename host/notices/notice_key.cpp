#include "host/notices/notice_key.hpp"

#include "host/base/digest.hpp"
#include "host/notices/standing.hpp"

namespace stoker::host {

namespace {

constexpr std::size_t name_bytes_max = 160, digest_digits = 12;

// A file name that begins as the text does.
std::string file_name_of(std::string_view text) {
  std::string name(text.substr(0, name_bytes_max));
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || (c == '.' && &c != name.data());
    if (!plain) c = '_';
  }
  return name;
}

}  // namespace

// Where the same Run can say another thing (a hold, a failure, a note), a digest of what it says tells the two apart.
std::string notice_key(const Report& report) {
  const std::string whole = report.target + (report.id.empty() ? "" : "-" + report.id);
  std::string key = file_name_of(whole);
  const bool shortened = key != whole;
  key += "-" + std::string(name(report.outcome)) + (report.verified ? "-verified" : "");
  std::string said = whole + '\0' + essence_of(report);
  bool has_notes = false;
  for (const Note& note : report.notes) {
    if (!is_for_people(note)) continue;
    has_notes = true;
    said += note.code + '\0' + note.path + '\0';
  }
  if (shortened || has_notes || report.hold || report.error) key += "-" + sha256_hex(said).substr(0, digest_digits);
  return key;
}

}  // namespace stoker::host
