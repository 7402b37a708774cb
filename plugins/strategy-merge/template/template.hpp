// Content templates: the part of Go's text/template that gateways are configured with (docs/templates.md). A text is
// parsed once and rendered with the values of one gateway. Pure: no file, no clock, no state between two calls. Only
// this header of the folder is for the rest of the plugin.
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace stoker::merge::templates {

using Texts = std::map<std::string, std::string, std::less<>>;

// What a template may ask for. The texts and maps belong to the caller.
struct Values {
  std::string_view gateway_name, pod_name, name_space, cr_name, ref, commit;
  std::int64_t pod_ordinal = 0;
  const Texts* labels = nullptr;  // null: none
  const Texts* vars = nullptr;
};

// A text of a repository is a program without bounds, so each of these has a limit and an error that names it.
constexpr std::size_t source_bytes_max = 16u << 20;
constexpr std::size_t actions_max = 100'000;       // {{ … }} in one template
constexpr std::size_t action_tokens_max = 10'000;  // words and signs in one {{ … }}
constexpr std::uint32_t depth_max = 100;           // of blocks and parentheses within each other
struct Budget {
  std::uint64_t steps = 10'000'000;
  std::uint64_t output_bytes = 16u << 20;  // also of what functions make while rendering
};

// The values that a rendering read: "GatewayName", "Vars.line" (there or not), "Labels.*" when it looked at a map as a
// whole. As long as these are the same, the rendered bytes are.
using Uses = std::set<std::string, std::less<>>;

struct Rendered {
  std::string bytes;
  Uses uses;
};

struct Tree;

class Template {
 public:
  // `name` stands in messages: "<name>:<line>:<column>: ...", both counted from 1, columns in characters.
  // Fails with merge.bad-template or merge.template-limit.
  static Result<Template> parse(std::string text, std::string name);
  // Fails with merge.missing-value, too, for a key that is not there.
  Result<Rendered> render(const Values& values, const Budget& budget = {}) const;

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

 private:
  explicit Template(std::unique_ptr<const Tree> tree);
  std::unique_ptr<const Tree> tree_;
};

// The content of a file. A NUL byte anywhere is an error: such a file is no text.
Result<Rendered> render_content(std::string text, std::string name, const Values& values, const Budget& budget = {});

// A short text of the assignment: a path, the value of a patch. `pointer` is the JSON pointer of its place, which
// stands in messages.
constexpr std::size_t short_bytes_max = 64u << 10;
Result<Rendered> render_short(std::string_view text, std::string_view pointer, const Values& values);

}  // namespace stoker::merge::templates
