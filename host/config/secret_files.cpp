// Reads the files, and walks settings and their schema together to find the references.
#include "host/config/secret_files.hpp"

#include "host/base/file.hpp"
#include "host/base/utf8.hpp"
#include "host/config/json_schema.hpp"
#include "host/config/validation.hpp"

#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace stoker::host {
namespace {

namespace json = boost::json;

bool is_one_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text[0] != '.' && text.find('/') == std::string_view::npos &&
         text.find('\0') == std::string_view::npos;
}

// Why the bytes are no text that can be a secret, without any of them; empty when they are one. Secrets are handed to
// plugins as JSON, so other bytes would damage everything beside them.
Error unusable(std::string_view text) {
  if (text.empty()) return Error(errc::invalid, "it is empty", "secret.empty");
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return Error(errc::invalid, "it is UTF-16; save it as UTF-8", "secret.not-utf8");
  if (text.find('\0') != text.npos)
    return Error(errc::invalid, "it has a NUL byte in it; a secret is a text in UTF-8", "secret.not-utf8");
  return Error(
      errc::invalid,
      "it has bytes that are not UTF-8, as an umlaut in Latin-1 (ISO 8859-1, Windows-1252) is; save it as UTF-8",
      "secret.not-utf8");
}

// Editors add a byte order mark, line ends and blanks without being asked, and nobody sees them.
std::string trimmed(std::string text) {
  constexpr std::string_view mark = "\xef\xbb\xbf", white = " \t\r\n";
  if (text.starts_with(mark)) text.erase(0, mark.size());
  text.erase(text.find_last_not_of(white) + 1);
  return text;
}

// Others may not read a secret. On a mount that is read-only its mode is not the operator's to change: container
// runtimes put secrets there with 0444, into a container where nobody else is.
bool is_exposed(const Descriptor& file, mode_t mode) {
  if ((mode & 077) == 0) return false;
  struct statvfs mounted {};
  const bool read_only = ::fstatvfs(file.get(), &mounted) == 0 && (mounted.f_flag & ST_RDONLY);
  return !read_only;
}

// Whoever may write to the folder can put another secret there. In one with the sticky bit only its owner can.
bool may_be_replaced(const std::filesystem::path& folder) {
  struct stat what {};
  return ::stat(folder.c_str(), &what) == 0 && (what.st_mode & S_IWOTH) && !(what.st_mode & S_ISVTX);
}

Result<Secret> read_one(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return Error(errc::not_found, "there is no such file", "secret.not-found");
    if (errno == ELOOP)
      return Error(errc::denied, "it is a symbolic link, which is not accepted; put the file itself there",
                   "secret.link");
    return Error(errc::denied, std::string("it cannot be opened: ") + std::strerror(errno), "secret.unreadable");
  }
  struct stat what {};
  if (::fstat(file.get(), &what) != 0 || !S_ISREG(what.st_mode))
    return Error(errc::denied, "it is not a regular file", "secret.unreadable");
  if (is_exposed(file, what.st_mode))
    return Error(errc::denied, "other users can read it; run: chmod 600 " + path, "secret.exposed");
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (const std::filesystem::path& above : {folder, folder.parent_path()})
    if (may_be_replaced(above))
      return Error(errc::denied, "other users can replace it; run: chmod o-w " + above.string(), "secret.exposed");
  auto text = read_rest(file, path, secret_bytes_max);
  if (!text && text.error() == errc::invalid)
    return Error(errc::invalid, "it is larger than 64 KiB", "secret.too-large");
  if (!text) return Error(errc::internal, "it cannot be read: " + text.error().message, "secret.unreadable");
  std::string secret = trimmed(std::move(text).value());
  if (secret.empty() || !valid_utf8(secret)) return unusable(secret);
  return Secret(std::move(secret));
}

Result<void> resolve(const json::value& root, const json::value& any_schema, json::value& value,
                     const std::filesystem::path& state) {
  const json::object* schema = schema_at(root, any_schema).if_object();
  if (!schema) return {};
  if (schema->contains("x-stoker-secret")) {
    const json::object* object = value.if_object();
    if (!object) return {};
    const json::object& reference = object->at("secretRef").as_object();
    auto secret = read_secret(
        state, {std::string(reference.at("name").as_string()), std::string(reference.at("key").as_string())});
    if (!secret) return std::move(secret).error();
    value = json::value(secret->reveal());
    return {};
  }
  if (json::array* list = value.if_array()) {
    const json::value* each = schema->if_contains("items");
    for (json::value& item : *list)
      if (auto done = each ? resolve(root, *each, item, state) : Result<void>(); !done) return done;
  }
  if (json::object* fields = value.if_object()) {
    const json::value* properties = schema->if_contains("properties");
    for (auto& entry : *fields) {
      const json::value* below =
          properties && properties->is_object() ? properties->get_object().if_contains(entry.key()) : nullptr;
      if (!below) below = schema->if_contains("additionalProperties");
      if (auto done = below ? resolve(root, *below, entry.value(), state) : Result<void>(); !done) return done;
    }
  }
  return {};
}

}  // namespace

Result<Secret> read_secret(const std::filesystem::path& state, const SecretRef& ref) {
  const std::string what = "secret " + ref.name + "/" + ref.key;
  if (!is_one_name(ref.name) || !is_one_name(ref.key))
    return Error(errc::invalid, what + ": name and key have to be plain file names", "secret.invalid");
  const std::string path = (state / "secrets" / ref.name / ref.key).string();
  auto read = read_one(path);
  if (!read) return std::move(read).error().in(what + " (" + path + ")");
  return read;
}

Result<std::string> resolve_secrets(std::string_view schema, std::string_view settings,
                                    const std::filesystem::path& state) {
  boost::system::error_code unreadable;
  const json::value root = json::parse(schema.empty() ? "{}" : schema, unreadable);
  json::value value;
  if (!unreadable) value = json::parse(settings, unreadable);
  if (unreadable) return Error(errc::invalid, "the settings are not JSON", "settings.invalid");
  if (!validate(root, value).empty())
    return Error(errc::invalid, "the settings do not match their schema", "settings.invalid");
  if (auto done = resolve(root, root, value, state); !done) return std::move(done).error();
  return json::serialize(value);
}

}  // namespace stoker::host
