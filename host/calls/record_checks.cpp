#include "host/calls/record_checks.hpp"

#include "host/base/utf8.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

Result<void> check_enum(std::uint32_t value, std::uint32_t last, std::string_view what) {
  if (value < 1 || value > last) return misbehaving(std::string(what) + " is " + std::to_string(value));
  return {};
}

template <class... Checks>
Result<void> first_defect(Checks&&... checks) {
  Result<void> first;
  ((first ? void(first = std::forward<Checks>(checks)) : void()), ...);
  return first;
}

}  // namespace

Result<void> check_text(stoker_str text, std::string_view what, std::size_t bytes_max) {
  if (text.len != 0 && text.ptr == nullptr) return misbehaving(std::string(what) + " has a length but a null pointer");
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
  if (!valid_path(view(path)))
    return misbehaving("path \"" + string(path) + "\" is not a relative path without empty, \".\" or \"..\" parts");
  return {};
}

Result<void> check_document(std::string_view text, std::string_view what, bool may_be_empty) {
  if (text.empty() && may_be_empty) return {};
  boost::system::error_code bad;
  (void)boost::json::parse(boost::json::string_view(text.data(), text.size()), bad);
  if (bad) return misbehaving(std::string(what) + " is not JSON: " + bad.message());
  return {};
}

Result<void> check(const stoker_resolved& r) {
  const bool nothing = r.revision.len == 0 && r.kind == 0;
  const bool contradicts = r.revision.len != 0 && r.status != STOKER_OK;
  return first_defect(check_text(r.revision, "a revision", 256), check_text(r.ref, "a ref", 1024),
                      check_text(r.code, "the code of a ref", 128), check_text(r.problem, "the problem of a ref", 8192),
                      nothing ? Result<void>() : check_enum(r.kind, STOKER_REF_OTHER, "the kind of a ref"),
                      contradicts ? Result<void>(misbehaving("a ref has a revision and a failure")) : Result<void>());
}

Result<void> check(const stoker_file& f) {
  return first_defect(check_path(f.path), check_text(f.blob, "a blob", 256),
                      check_enum(f.type, STOKER_FILE_OTHER, "the type of a file"),
                      f.mode == 0644 || f.mode == 0755 || f.type != STOKER_FILE_REGULAR
                          ? Result<void>()
                          : misbehaving("the mode of a regular file is neither 0644 nor 0755"));
}

Result<void> check(const stoker_delta& d) {
  if (d.op == STOKER_DELTA_REMOVE) return check_path(d.file.path);
  return first_defect(check_enum(d.op, STOKER_DELTA_REMOVE, "the op of a delta"), check(d.file));
}

Result<void> check(const stoker_change& c) {
  return first_defect(check_path(c.path), c.origin.len == 0 ? Result<void>() : check_path(c.origin),
                      check_text(c.blob, "a blob", 256), check_text(c.before, "a digest", 128),
                      check_text(c.after, "a digest", 128),
                      check_enum(c.op, STOKER_CHANGE_CHMOD, "the op of a change"));
}

Result<void> check(const stoker_note& n) {
  return first_defect(check_text(n.code, "the code of a note", 64), check_text(n.path, "the path of a note"),
                      check_text(n.text, "a note"));
}

Result<void> check(const stoker_decision& d) {
  return first_defect(
      check_enum(d.verdict, STOKER_UNHEALTHY, "a verdict"), check_text(d.name, "the name of a decision"),
      check_text(d.reason, "the reason of a decision"), check_text(d.ended_by, "what ends a hold"),
      d.verdict == STOKER_HOLD && d.name.len == 0 ? misbehaving("a hold without a name") : Result<void>());
}

Result<void> check(const stoker_hint& h) {
  return first_defect(check_text(h.sync, "the sync of a hint", 256), check_text(h.reason, "the reason of a hint", 256),
                      check_text(h.delivery, "the delivery of a hint", 256),
                      check_text(h.wish, "the wish of a hint", 1024));
}

Result<void> check(const stoker_check& c) {
  return first_defect(
      check_enum(c.status, STOKER_CHECK_SKIPPED, "the status of a check"),
      c.name.len == 0 ? misbehaving("a check without a name") : check_text(c.name, "a check's name", 256),
      check_text(c.text, "a check's text"), check_text(c.remedy, "a check's remedy"));
}

// Is the document JSON? Whoever reads its fields finds out.
Result<void> check(const stoker_object& o) {
  return first_defect(check_text(o.key.resource, "the resource of an object", 256),
                      check_text(o.key.name_space, "the namespace of an object", 256),
                      check_text(o.key.name, "the name of an object", 256),
                      check_text(o.uid, "the uid of an object", 128),
                      check_text(o.document, "the document of an object", STOKER_OBJECT_BYTES_MAX),
                      o.version == 0 || o.document.len == 0 ? misbehaving("an object without a version or a document")
                                                            : Result<void>());
}

Result<void> check(const stoker_object_event& e) {
  const bool has_object = e.op <= STOKER_OBJECT_REMOVED;
  return first_defect(check_enum(e.op, STOKER_OWNER_ALIVE, "the op of an event"),
                      has_object ? check(e.object) : Result<void>());
}

Result<void> check_items(const void* items, std::size_t count, std::size_t count_max) {
  if (count != 0 && items == nullptr) return misbehaving("the items handed to a sink have a count but a null pointer");
  if (count > count_max)
    return misbehaving(std::to_string(count) + " items in one call of a sink; at most " + std::to_string(count_max) +
                       " are allowed");
  return {};
}

}  // namespace stoker::host
