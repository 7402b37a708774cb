// A value is looked up part by part; then one run of bytes is replaced by another.
#include "patch.hpp"

#include "json_strings.hpp"
#include "json_text.hpp"

#include <algorithm>

namespace stoker::merge {
namespace {

using Parts = std::span<const PathPart>;

// One replacement in the text.
struct Edit {
  std::string_view what;  // these bytes of the text
  std::string with;
  bool of_outermost = false;  // the outermost value got a new key or element
};

std::string_view kind_of(std::string_view value) {
  switch (value.front()) {
    case '{': return "an object";
    case '[': return "an array";
    case '"': return "a text";
    case 't':
    case 'f': return "a boolean";
    case 'n': return "null";
    default: return "a number";
  }
}

Error no_place(const PatchPath& path, const std::string& why) {
  return Error(errc::invalid, "patch path '" + path.text() + "': " + why, "merge.patch-place");
}

class Setter {
 public:
  Setter(std::string_view text, const ValueToSet& set, std::vector<std::string>& notes)
      : text_(text), path_(set.path), json_(set.json), notes_(notes) {}

  Result<Edit> find() {
    std::string_view value = json_trimmed(text_);
    for (at_ = 0; at_ < path_.parts().size(); ++at_) {
      const PathPart& part = path_.parts()[at_];
      if (value.front() != '{' && value.front() != '[') return replace(value);
      const std::optional<std::string_view> inner = value.front() == '{' ? member(value, part) : element(value, part);
      if (!inner) return value.front() == '{' ? add_member(value, part) : add_element(value, part);
      value = *inner;
    }
    return Edit{value, std::string(json_), false};
  }

 private:
  // The first of equal keys.
  static std::optional<std::string_view> member(std::string_view object, const PathPart& part) {
    for (JsonItems items(object); items.next();) {
      const std::string_view name = items.key.substr(1, items.key.size() - 2);
      const bool same = name.find('\\') == std::string_view::npos ? name == part.key : said_by(items.key) == part.key;
      if (same) return items.value;
    }
    return std::nullopt;
  }

  std::optional<std::string_view> element(std::string_view array, const PathPart& part) {
    size_ = 0;
    for (JsonItems items(array); items.next(); ++size_)
      if (part.index == size_) return items.value;
    return std::nullopt;
  }

  Parts rest(std::size_t from) const { return Parts(path_.parts()).subspan(from); }

  // What has to be where nothing is, for the parts from `from` on and the value. `replaces`: in the place of a value
  // that is neither object nor array, where -1 is a key.
  Result<std::string> made(std::size_t from, bool replaces = false) const {
    std::string head, tail;
    for (const PathPart& part : rest(from)) {
      if (part.counts()) {
        if (*part.index > array_padding_max) return too_far(*part.index);
        head += '[';
        for (std::uint64_t i = 0; i < *part.index; ++i) head += "null,";
        tail += ']';
      } else if (part.appends() && !replaces) {
        head += '[';
        tail += ']';
      } else {
        head += '{';
        append_quoted(head, part.key);
        head += ':';
        tail += '}';
      }
      replaces = false;
    }
    std::reverse(tail.begin(), tail.end());
    return head + json_ + tail;
  }

  Error too_far(std::uint64_t index) const {
    return no_place(path_, "index " + std::to_string(index) + " lies more than " + std::to_string(array_padding_max) +
                               " behind the end of the array; write -1 for a new element at its end, or :" +
                               std::to_string(index) + " for a key");
  }

  Result<Edit> replace(std::string_view value) {
    auto made_here = made(at_, true);
    if (!made_here) return std::move(made_here).error();
    const std::string where = at_ == 0 ? "the whole file" : "'" + std::string(path_.first(at_)) + "'";
    notes_.push_back(where + " was " + std::string(kind_of(value)) + " and is now " + std::string(kind_of(*made_here)) +
                     " that holds '" + path_.text() + "'");
    return Edit{value, std::move(made_here).value(), at_ == 0};
  }

  // An edit of no bytes before the closing bracket.
  Edit before_end(std::string_view container, std::string added) const {
    const std::string_view within = json_trimmed(container.substr(1, container.size() - 2));
    return Edit{container.substr(container.size() - 1, 0), within.empty() ? std::move(added) : "," + added, at_ == 0};
  }

  Result<Edit> add_member(std::string_view object, const PathPart& part) {
    auto value = made(at_ + 1);
    if (!value) return std::move(value).error();
    std::string added;
    append_quoted(added, part.key);
    return before_end(object, added + ':' + *value);
  }

  Result<Edit> add_element(std::string_view array, const PathPart& part) {
    if (!part.counts() && !part.appends()) return named_part();
    auto value = made(at_ + 1);
    if (!value) return std::move(value).error();
    if (part.appends()) return before_end(array, std::move(value).value());
    const std::uint64_t missing = *part.index - size_;
    if (missing > array_padding_max) return too_far(*part.index);
    std::string anew = "[";
    for (JsonItems items(array); items.next();) anew.append(items.value) += ',';
    for (std::uint64_t i = 0; i < missing; ++i) anew += "null,";
    return Edit{array, anew + *value + ']', at_ == 0};
  }

  Error named_part() const {
    const std::string where = at_ == 0 ? "the file" : "'" + std::string(path_.first(at_)) + "'";
    return no_place(path_, where + " is an array, which has no key '" + path_.parts()[at_].key +
                               "'; write an index, or -1 for a new element at its end");
  }

  const std::string_view text_;
  const PatchPath& path_;
  const std::string& json_;
  std::vector<std::string>& notes_;
  std::size_t at_ = 0;      // the part that is looked up
  std::uint64_t size_ = 0;  // of the array in which it was not found
};

Error too_large(std::size_t bytes_max) {
  return Error(errc::invalid, "a patched file may have " + std::to_string(bytes_max) + " bytes at most",
               "merge.patch-limit");
}

Error not_json(std::string_view bytes, const JsonFault& fault) {
  return Error(errc::invalid,
               "file is not valid JSON (" + place_in(bytes, fault.at) + ": " + std::string(fault.why) + ")",
               "merge.not-json");
}

void trim(std::string& bytes) {
  const std::string_view trimmed = json_trimmed(bytes);
  bytes = std::string(trimmed);
}

}  // namespace

Result<Patched> set_values(std::string bytes, std::span<const ValueToSet> values, const PatchLimits& limits) {
  if (bytes.size() > limits.file_bytes_max) return too_large(limits.file_bytes_max);
  if (const auto fault = json_fault(bytes)) return not_json(bytes, *fault);
  Patched patched{std::move(bytes), {}};
  std::uint64_t read = 0;
  for (const ValueToSet& set : values) {
    std::string& text = patched.bytes;
    if ((read += text.size() * set.path.parts().size()) > limits.read_bytes_max)
      return Error(errc::invalid, "the file is too large for so many values; patch fewer of them", "merge.patch-limit");
    auto edit = Setter(text, set, patched.notes).find();
    if (!edit) return std::move(edit).error();
    if (text.size() - edit->what.size() + edit->with.size() > limits.file_bytes_max)
      return too_large(limits.file_bytes_max);
    text.replace(static_cast<std::size_t>(edit->what.data() - text.data()), edit->what.size(), edit->with);
    if (edit->of_outermost) trim(text);
  }
  return patched;
}

}  // namespace stoker::merge
