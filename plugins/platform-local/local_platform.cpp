// See local_platform.hpp. The Store is made before the Watches that it wakes: nothing is written in between.
#include "local_platform.hpp"

#include <filesystem>

#include "refusal.hpp"

namespace stoker::local {
namespace {

std::string file_of(const Config& config) {
  const std::filesystem::path state = config.text("/state");
  const std::filesystem::path file = state / config.find("/settings/file").value_or("objects.db");
  std::error_code unreadable;  // of a file of which nobody knows whether it is there, opening it says why
  if (config.flag("/use/onlyLook") && !std::filesystem::exists(file, unreadable) && !unreadable)
    return Database::in_memory;
  std::error_code ignored;  // what is wrong with the folder is said when the file is opened
  std::filesystem::create_directories(file.parent_path(), ignored);
  return file.string();
}

Result<void> check_writer(std::string_view by) {
  if (by.size() <= by_bytes_max) return {};
  return invalid("", "the name of a writer of at most " + std::to_string(by_bytes_max) + " bytes",
                 std::to_string(by.size()) + " bytes");
}

Result<void> check_part(Part part) {
  if (part == Part::spec || part == Part::status) return {};
  return invalid("", "a part that this version knows", std::to_string(static_cast<std::uint32_t>(part)));
}

// Both, before a write.
Result<void> check(Call& call, std::string_view by, Part part = Part::spec) {
  if (auto asked = call.check(); !asked) return asked;
  if (auto fits = check_writer(by); !fits) return fits;
  return check_part(part);
}

}  // namespace

LocalPlatform::LocalPlatform(const Config& config, const Host& host)
    : LocalPlatform(file_of(config), host, ChangeLog::Bounds{}) {}

LocalPlatform::LocalPlatform(std::string file, const Host& host, ChangeLog::Bounds bounds)
    : store_(std::move(file), host, bounds, [this] { watches_.wake(); }),
      watches_(store_, host.clock()),
      elections_(store_, host.clock()) {
  store_.collect();
}

Result<Object> LocalPlatform::get(Call& call, const ObjectKey& key) {
  if (auto asked = call.check(); !asked) return std::move(asked).error();
  return store_.get(key);
}

Result<std::uint64_t> LocalPlatform::list(Call& call, const ObjectQuery& query, const Out<Object>& out) {
  if (auto asked = call.check(); !asked) return std::move(asked).error();
  auto selector = Selector::parse(query.labels);
  if (!selector) return std::move(selector).error();
  return store_.list(query.resource, query.name_space, *selector, out);
}

Result<Object> LocalPlatform::insert(Call& call, std::string_view resource, std::string_view document,
                                     std::string_view by) {
  if (auto fits = check(call, by); !fits) return std::move(fits).error();
  return store_.insert(resource, document, by);
}

Result<Object> LocalPlatform::update(Call& call, std::string_view resource, Part part, std::string_view document,
                                     std::string_view by) {
  if (auto fits = check(call, by, part); !fits) return std::move(fits).error();
  return store_.update(resource, part, document, by);
}

Result<Object> LocalPlatform::patch(Call& call, const ObjectKey& key, Part part, std::string_view patch,
                                    std::string_view by) {
  if (auto fits = check(call, by, part); !fits) return std::move(fits).error();
  return store_.patch(key, part, patch, by);
}

Result<Object> LocalPlatform::remove(Call& call, const ObjectKey& key, std::string_view uid, std::uint64_t version,
                                     std::string_view by) {
  if (auto fits = check(call, by); !fits) return std::move(fits).error();
  return store_.remove(key, uid, version);
}

Result<std::uint64_t> LocalPlatform::watch(Call& call, const ObjectQuery& query, std::uint64_t from) {
  if (auto asked = call.check(); !asked) return std::move(asked).error();
  return watches_.watch(query, from);
}

Result<std::uint64_t> LocalPlatform::watch_owner(Call& call, std::string_view owner) {
  if (auto asked = call.check(); !asked) return std::move(asked).error();
  return watches_.watch_owner(owner);
}

void LocalPlatform::unwatch(std::uint64_t number) { watches_.unwatch(number); }

Result<void> LocalPlatform::next(Call& call, const Out<ObjectEvent>& out) { return watches_.next(call, out); }

Result<bool> LocalPlatform::lead(Call& call, std::string_view election, std::string_view candidate,
                                 std::chrono::milliseconds ttl) {
  if (auto asked = call.check(); !asked) return std::move(asked).error();
  return elections_.lead(election, candidate, ttl);
}

Result<void> LocalPlatform::resign(Call& call, std::string_view election, std::string_view candidate) {
  if (auto asked = call.check(); !asked) return asked;
  return elections_.resign(election, candidate);
}

}  // namespace stoker::local
