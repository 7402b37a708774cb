#include "host/commands/apply.hpp"

#include "host/base/printable.hpp"
#include "host/commands/manifests.hpp"
#include "host/commands/object_fields.hpp"
#include "host/objects/applied.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr int tries_max = 5;  // when others write at the same time

struct Applied {
  const char* how = "unchanged";
  json::value object;
  std::string wins;  // the file that will take the object back
  Applied() = default;
  Applied(const char* verb, json::value stored) : how(verb), object(std::move(stored)) {}
};

std::string with_version(const std::string& patch, const json::value& live) {
  json::value whole = json::parse(patch);
  json::value& metadata = whole.get_object()["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  metadata.get_object()["resourceVersion"] = text_at(live, "/metadata/resourceVersion");
  metadata.get_object()["uid"] = text_at(live, "/metadata/uid");
  return json::serialize(whole);
}

Result<Applied> apply_once(ObjectClient& client, const Written& wanted) {
  const std::string written = json::serialize(wanted.object);
  auto live = client.get(*wanted.kind, wanted.name_space, wanted.name);
  if (!live && live.error() != errc::not_found) return std::move(live).error();
  if (!live) {
    auto made = client.create(*wanted.kind, wanted.name_space, applied_document(written, {}));
    if (!made) return std::move(made).error();
    return Applied("created", std::move(*made));
  }
  const std::string patch = applied_patch(json::serialize(*live), written, {}, true);
  if (patch.empty()) return Applied("unchanged", std::move(*live));
  auto stored = client.patch(*wanted.kind, wanted.name_space, wanted.name, with_version(patch, *live));
  if (!stored) return std::move(stored).error();
  // What the host fills in differs from the file, and is no change.
  const bool same = text_at(*stored, "/metadata/resourceVersion") == text_at(*live, "/metadata/resourceVersion");
  Applied done(same ? "unchanged" : "configured", std::move(*stored));
  if (same) return done;
  done.wins = annotation_in(*live, applied_from);
  return done;
}

Result<Applied> apply_one(ObjectClient& client, const Written& wanted) {
  for (int tries = 1;; ++tries) {
    auto done = apply_once(client, wanted);
    if (done || done.error() != errc::conflict || tries == tries_max) return done;
  }
}

// What the host found wrong, at its place in the file.
int say_refused(const Written& wanted, const Error& why, std::ostream& err) {
  boost::system::error_code none;
  const json::value causes = json::parse(why.detail.empty() ? "null" : why.detail, none);
  if (none || !causes.is_array() || causes.get_array().empty())
    return say_refusal(
        Error(why).in(wanted.error("", "", "").place.file + ": " + wanted.kind->singular + "/" + wanted.name), err);
  for (const json::value& cause : causes.get_array()) {
    std::string message = text_at(cause, "/message");
    constexpr std::string_view expected = "expected ";
    if (message.starts_with(expected)) message.erase(0, expected.size());
    err << printable(wanted.error(text_at(cause, "/pointer"), message, "").text(), 65536) << "\n";
  }
  return exit_code_for(why);
}

void say_mistakes(const ConfigErrors& errors, std::ostream& err) { err << errors.text(); }

// The worse of the two.
int worse(int code, int other) { return code == exit_ok ? other : code; }

ManifestOptions manifest_options(const ApplyOptions& options, bool check) {
  ManifestOptions wanted;
  wanted.files = options.files;
  wanted.name_space = options.name_space;
  wanted.is_said = options.name_space_is_said;
  wanted.check = check;
  return wanted;
}

// What `delete` is asked for.
struct ToRemove {
  const Kind* kind;
  std::string name_space, name;
};

// Of files, those without a mistake; a mistake is said, and makes `code` that of bad usage.
Result<std::vector<ToRemove>> what_to_remove(const DeleteOptions& options, std::istream& in, std::ostream& err,
                                             int& code) {
  std::vector<ToRemove> all;
  if (options.what.empty() == options.files.empty()) return Error(errc::invalid, "either KIND NAME … or -f FILE");
  if (!options.files.empty()) {
    const Manifests manifests = read_manifests(manifest_options(options, false), in);
    say_mistakes(manifests.errors, err);
    if (!manifests.errors.empty()) code = exit_bad_usage;
    if (manifests.objects.empty() && code == exit_ok) return Error(errc::invalid, "there is no object in these files");
    for (const Written& one : manifests.objects) all.push_back({one.kind, one.name_space, one.name});
    return all;
  }
  auto named = named_objects(options.what);
  if (!named) return std::move(named).error();
  for (const NamedObjects& those : *named)
    for (const std::string& name : those.names) all.push_back({those.kind, options.name_space, name});
  if (all.empty()) return Error(errc::invalid, "which ones? Name them");
  return all;
}

void say_removed(const ToRemove& one, const json::value& gone, std::ostream& out) {
  const bool waits = value_at(gone, "/metadata/deletionTimestamp") && value_at(gone, "/metadata/finalizers");
  out << one.kind->singular << " \"" << printable(one.name, 256)
      << (waits ? "\" is being deleted; it waits for its finalizers\n" : "\" deleted\n");
}

}  // namespace

int apply(const ApplyOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  if (options.files.empty()) return say_refusal(Error(errc::invalid, "which files? Name them with -f"), err);
  const Manifests manifests = read_manifests(manifest_options(options, true), in);
  say_mistakes(manifests.errors, err);
  int code = manifests.errors.empty() ? exit_ok : exit_bad_usage;
  if (manifests.objects.empty() && code == exit_ok)
    return say_refusal(Error(errc::invalid, "there is no object in these files"), err);
  if (manifests.objects.empty()) return code;
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  std::vector<json::value> stored;
  for (const Written& wanted : manifests.objects) {
    auto done = apply_one(*client, wanted);
    if (!done) {
      code = worse(code, say_refused(wanted, done.error(), err));
      if (done.error() == errc::unreachable || done.error() == errc::denied) break;  // so will the others
      continue;
    }
    if (!done->wins.empty())
      err << "stoker: " << wanted.kind->singular << "/" << wanted.name << " comes from " << printable(done->wins, 4096)
          << ", which says it again when it changes; change it there\n";
    if (is_for_people(options.output))
      out << wanted.kind->singular << "/" << wanted.name << " " << done->how << "\n";
    else
      stored.push_back(std::move(done->object));
  }
  if (!is_for_people(options.output)) out << objects_text(std::move(stored), true, options.output);
  return code;
}

int remove(const DeleteOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  int code = exit_ok;
  const auto all = what_to_remove(options, in, err, code);
  if (!all) return say_refusal(all.error(), err);
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  std::vector<json::value> removed;
  for (const ToRemove& one : *all) {
    auto gone = client->remove(*one.kind, one.name_space, one.name);
    if (!gone && gone.error() == errc::not_found && options.missing_is_fine) continue;
    if (!gone && gone.error() == errc::not_found) {
      err << "stoker: there is no " << one.kind->singular << " " << printable(one.name, 256) << " in namespace "
          << printable(one.name_space, 256) << "\n";
      code = worse(code, exit_bad_usage);
    } else if (!gone) {
      code = worse(code, say_refusal(gone.error(), err));
      if (gone.error() == errc::unreachable || gone.error() == errc::denied) break;
    } else if (is_for_people(options.output)) {
      say_removed(one, *gone, out);
    } else {
      removed.push_back(std::move(*gone));
    }
  }
  const bool as_list = all->size() != 1 || !options.files.empty();
  if (!is_for_people(options.output)) out << objects_text(std::move(removed), as_list, options.output);
  return code;
}

}  // namespace stoker::host
