// See merge_patch.hpp. How deep it goes is bounded by how deep a patch may be (json_text.hpp).
#include "merge_patch.hpp"

namespace stoker::local {

void merge(json::object& target, const json::object& patch) {
  for (const auto& [key, value] : patch) {
    if (value.is_null()) {
      // not erase: it puts the last member in this one's place, and people know their objects by the order
      if (target.contains(key)) target.stable_erase(key);
    } else if (const json::object* below = value.if_object()) {
      json::value& member = target[key];
      if (!member.is_object()) member.emplace_object();
      merge(member.get_object(), *below);
    } else {
      target[key] = value;
    }
  }
}

}  // namespace stoker::local
