// A file that is rendered is held in memory, up to the limit of a template or of a file that is patched.
#include "rendering.hpp"

namespace stoker::merge {
namespace {

void add(std::string& to, std::string_view field) { to += std::to_string(field.size()) + ':' + std::string(field); }

void add(std::string& to, const templates::Texts* entries) {
  add(to, std::to_string(entries->size()));
  for (const auto& [key, text] : *entries) add(to, key), add(to, text);
}

// A limit of the bytes in memory, and what to say beyond it.
struct Limit {
  std::size_t bytes_max;
  std::string_view code, what, remedy;
};
constexpr Limit of_template{templates::source_bytes_max, "merge.template-limit", "a template",
                            "map this file without `template: true`"};
constexpr Limit of_patched{PatchLimits().file_bytes_max, "merge.patch-limit", "a file that is patched",
                           "choose the files of the patch more narrowly"};

Result<std::string> whole_file(Call& call, const View& view, const std::string& origin, const Limit& limit) {
  std::string text;
  auto read = view.read(origin, [&](std::string_view bytes) -> Result<void> {
    if (bytes.size() > limit.bytes_max - text.size())
      return Error(errc::invalid,
                   origin + ": " + std::string(limit.what) + " has at most " + std::to_string(limit.bytes_max) +
                       " bytes; " + std::string(limit.remedy),
                   std::string(limit.code));
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

FilePatches Rendering::patches_for(std::uint32_t mapping, std::string_view path) const {
  const Mapping& one = mappings_.all()[mapping];
  return {mappings_.normalising().chosen(path, ""), one.patches.chosen(path, one.destination)};
}

Result<Patched> Rendering::render(Call& call, const View& view, const std::string& origin,
                                  std::uint32_t mapping) const {
  const Mapping& one = mappings_.all()[mapping];
  const std::string where = "mapping[" + std::to_string(mapping) + "]";
  auto text = whole_file(call, view, origin, one.rendered ? of_template : of_patched);
  if (!text) return std::move(text).error().in(where);
  if (one.rendered) {
    auto made = templates::render_content(std::move(text).value(), origin, values_of(assignment_));
    if (!made) return std::move(made).error().in(where);
    text = std::move(made->bytes);
  }
  const FilePatches chosen = patches_for(mapping, one.lands(origin).value_or(one.destination));
  auto patched = merge::render(std::move(text).value(), chosen, mappings_.normalising(), one.patches);
  if (!patched) return std::move(patched).error().in(origin).in(where);
  return patched;
}

Result<void> Rendering::read(Call& call, const View& view, const std::string& origin, std::uint32_t mapping,
                             const std::function<Result<void>(std::string_view)>& each) const {
  const auto path = mapping < mappings_.all().size() ? mappings_.all()[mapping].lands(origin) : std::nullopt;
  if (!path || !renders(mapping, *path))
    return view.read(origin, [&](std::string_view bytes) -> Result<void> {
      if (auto go = call.check(); !go) return go;
      return each(bytes);
    });
  auto made = render(call, view, origin, mapping);
  if (!made) return std::move(made).error();
  return made->bytes.empty() ? Result<void>() : each(made->bytes);
}

}  // namespace stoker::merge
