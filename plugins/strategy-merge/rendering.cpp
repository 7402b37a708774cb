// A file that is rendered is held in memory, up to the limit of a template.
#include "rendering.hpp"

namespace stoker::merge {
namespace {

void add(std::string& to, std::string_view field) { to += std::to_string(field.size()) + ':' + std::string(field); }

void add(std::string& to, const templates::Texts* entries) {
  add(to, std::to_string(entries->size()));
  for (const auto& [key, text] : *entries) add(to, key), add(to, text);
}

Result<std::string> whole_file(Call& call, const View& view, const std::string& origin) {
  std::string text;
  auto read = view.read(origin, [&](std::string_view bytes) -> Result<void> {
    if (bytes.size() > templates::source_bytes_max - text.size())
      return Error(errc::invalid,
                   origin + ": a template has at most " + std::to_string(templates::source_bytes_max) +
                       " bytes; map this file without `template: true`",
                   "merge.template-limit");
    text += bytes;
    return call.check();
  });
  if (!read) return std::move(read).error();
  return text;
}

}  // namespace

templates::Values values_of(const Assignment& a) {
  return {a.target, a.pod, a.name_space, a.sync, a.ref, a.revision, a.ordinal, &a.labels, &a.vars};
}

std::string text_of(const templates::Values& values) {
  std::string text;
  for (const std::string_view field :
       {values.gateway_name, values.pod_name, values.name_space, values.cr_name, values.ref, values.commit})
    add(text, field);
  add(text, std::to_string(values.pod_ordinal));
  add(text, values.labels);
  add(text, values.vars);
  return text;
}

Result<void> Rendering::read(Call& call, const View& view, const std::string& origin, std::uint32_t mapping,
                             const std::function<Result<void>(std::string_view)>& each) const {
  if (!renders(mapping))
    return view.read(origin, [&](std::string_view bytes) -> Result<void> {
      if (auto go = call.check(); !go) return go;
      return each(bytes);
    });
  auto text = whole_file(call, view, origin);
  if (!text) return std::move(text).error();
  auto made = templates::render_content(std::move(text).value(), origin, values_of(assignment_));
  if (!made) return std::move(made).error().in("mapping[" + std::to_string(mapping) + "]");
  return made->bytes.empty() ? Result<void>() : each(made->bytes);
}

}  // namespace stoker::merge
