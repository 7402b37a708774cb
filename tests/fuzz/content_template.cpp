// Templates: files of a repository that the strategy renders. The first line has the value of a var, the rest is the
// template.
#include "fuzz.hpp"

#include "plugins/strategy-merge/template/template.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace stoker::merge::templates;
using stoker::fuzz::promise;

Values values_of(const Texts& vars) {
  static const Texts labels{{"zone", "z1"}};
  return {"press-1", "pod-0", "prod", "line-a", "main", "0123", 3, &labels, &vars};
}

// A var that a rendering did not read makes no difference to it.
void unread_var(const Template& parsed, const Rendered& made, Texts vars, const Budget& budget) {
  if (made.uses.contains("Vars.*") || made.uses.contains("Vars.other")) return;
  vars["other"] = "changed";
  const auto again = parsed.render(values_of(vars), budget);
  promise(again && again->bytes == made.bytes, "only what was read counts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view text = stoker::fuzz::text_of(data, size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string body(text.substr(std::min(line + 1, text.size())));
  const Texts vars{{"line", std::string(text.substr(0, line))}, {"other", "one"}};
  Budget budget;
  budget.steps = 20'000;
  budget.output_bytes = 64u << 10;
  auto parsed = Template::parse(body, "t");
  if (!parsed) {
    promise(parsed.error().message.starts_with("t:"), "an error names its place");
    return 0;
  }
  const auto made = parsed->render(values_of(vars), budget);
  if (!made) {
    promise(made.error().message.starts_with("t:"), "an error names its place");
    return 0;
  }
  promise(made->bytes.size() <= budget.output_bytes, "an output is bounded");
  if (body.find("{{") == std::string::npos) promise(made->bytes == body, "text passes untouched");
  const auto again = parsed->render(values_of(vars), budget);
  promise(again && again->bytes == made->bytes && again->uses == made->uses, "the same values give the same bytes");
  unread_var(*parsed, *made, vars, budget);
  return 0;
}
