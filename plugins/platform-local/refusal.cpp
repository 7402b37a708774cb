// See refusal.hpp.
#include "refusal.hpp"

#include "json_text.hpp"

namespace stoker::local {

std::string named(const ObjectKey& key) {
  return key.resource + " " + (key.name_space.empty() ? "" : key.name_space + "/") + key.name;
}

Error not_found(const ObjectKey& key) {
  return {errc::not_found, named(key) + ": there is no such object", "object.not-found"};
}

Error exists(const ObjectKey& key) {
  return {errc::conflict, named(key) + ": there is an object of this name", "object.exists"};
}

Error conflict(const ObjectKey& key, std::string_view what, std::string_view wanted, std::string_view present) {
  return {errc::conflict,
          named(key) + ": the object was changed: its " + std::string(what) + " is " + std::string(present) + ", not " +
              std::string(wanted),
          "object.conflict"};
}

Error invalid(std::string_view pointer, std::string_view expected, std::string_view got) {
  Error error(errc::invalid,
              (pointer.empty() ? std::string() : std::string(pointer) + ": ") + "must be " + std::string(expected) +
                  (got.empty() ? std::string() : ", not " + std::string(got)),
              "object.invalid");
  error.detail = text_of(json::array{json::object{{"pointer", pointer}, {"expected", expected}, {"got", got}}});
  return error;
}

Error expired(std::uint64_t from, std::string_view why) {
  return {errc::not_found,
          "version " + std::to_string(from) + " " + std::string(why) + ": list again, and watch from that version",
          "object.expired"};
}

Error no_resource(std::string_view resource) {
  return {errc::not_found, "there is no resource '" + std::string(resource) + "'", "object.no-resource"};
}

}  // namespace stoker::local
