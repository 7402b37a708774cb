#include "host/calls/plugin_text.hpp"

#include "host/base/utf8.hpp"

#include <stoker/records.hpp>

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {

Error misbehaving(std::string what) {
  return Error(errc::internal, "plugin misbehaves: " + std::move(what), "host.plugin-misbehaving");
}

Result<void> check_text(stoker_str text, std::string_view what, std::size_t bytes_max) {
  if (text.len != 0 && text.ptr == nullptr) return misbehaving(std::string(what) + " is null with a length");
  if (text.len > bytes_max)
    return misbehaving(std::string(what) + " is longer than " + std::to_string(bytes_max) + " bytes");
  if (!valid_utf8(view(text))) return misbehaving(std::string(what) + " is not UTF-8");
  return {};
}

bool valid_path(std::string_view path) {
  if (path.empty() || path.size() > 4096 || path.front() == '/' || path.back() == '/') return false;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

Result<void> check_path(stoker_str path) {
  if (auto text = check_text(path, "a path", 4096); !text) return text;
  if (!valid_path(view(path))) return misbehaving("path \"" + string(path) + "\" is not relative and plain");
  return {};
}

Result<void> check_document(std::string_view text, std::string_view what, bool may_be_empty) {
  if (text.empty() && may_be_empty) return {};
  boost::system::error_code bad;
  (void)boost::json::parse(boost::json::string_view(text.data(), text.size()), bad);
  if (bad) return misbehaving(std::string(what) + " is not JSON: " + bad.message());
  return {};
}

}  // namespace stoker::host
