// What a gateway writes into its data directory: stamps, the cache of contents, saves by people and the files that it
// keeps for itself.
#include <array>

#include "support/ignition_sim/digest.hpp"
#include "support/ignition_sim/machine.hpp"

namespace ignition_sim {
namespace {

namespace fs = std::filesystem;

// resource.json of a saved resource: the one that is there, newly stamped, or a new one when files came or went.
std::string descriptor_of(const std::optional<std::string>& present, const Files& files, const std::string& actor,
                          const std::string& time, SignatureForm form, const std::string& uuid) {
  if (present) {
    auto renewed = stamped(*present, files, form, actor, time);
    if (renewed) return std::move(*renewed);
  }
  return resource_json(files, actor, time, form, uuid);
}

bool is_listed(const std::optional<std::string>& descriptor, const std::string& name) {
  return descriptor && descriptor->find('"' + name + '"') != std::string::npos;
}

}  // namespace

// Resources of projects whose signature is not theirs get a new one, but not over a file that changed since it was
// read.
void Machine::stamp_projects(const std::vector<Resource>& resources) {
  if (!options_.stamping) return;
  for (const auto& resource : resources) {
    const auto stored = stored_signature(resource.text);
    const auto computed = resource_signature(resource.text, resource.files, options_.signature);
    if (!stored || !computed || *stored == *computed) continue;
    const auto text = stamped(resource.text, resource.files, options_.signature, "external", stamp_time(now()));
    const fs::path path = options_.data / resource.descriptor;
    if (!text || read_file(path) != resource.text) continue;
    write_file(path, *text, options_.data / area(Kind::projects) / ".resources" / "stamp");
  }
}

void Machine::keep_contents(Kind kind, const std::vector<Resource>& resources) {
  const fs::path cache = options_.data / area(kind) / ".resources";
  std::error_code failed;
  for (const auto& resource : resources) {
    for (const auto& [file, bytes] : resource.files) {
      const fs::path content = cache / sha256_hex(bytes);
      if (!fs::exists(content, failed)) write_file(content, bytes, cache / "content");
    }
  }
}

Saved Machine::save(const Save& save) {
  const auto kind = save.folder.starts_with("projects/") ? Kind::projects : Kind::config;
  if (part(kind).lock.held() || part(kind).scan.reads()) {
    if (!save.wait) return Saved::refused;
    waiting_saves_.push_back(save);
    return Saved::queued;
  }
  write_save(save);
  return Saved::done;
}

void Machine::write_save(const Save& save) {
  const auto kind = save.folder.starts_with("projects/") ? Kind::projects : Kind::config;
  const fs::path folder = options_.data / save.folder;
  const fs::path beside = options_.data / area(kind) / ".resources" / "save";
  const std::string descriptor = save.folder + "/resource.json";
  auto present = read_file(options_.data / descriptor);
  Files files = save.files;
  for (const auto& path : list_files(options_.data, save.folder)) {
    const std::string file(file_name(path));
    if (folder_of(path) == save.folder && is_listed(present, file) && !files.contains(file))
      files.emplace(file, read_file(options_.data / path).value_or(""));
  }
  for (const auto& [file, bytes] : save.files) {
    if (!is_listed(present, file)) present.reset();
    write_file(folder / file, bytes, beside);
  }
  const auto text =
      descriptor_of(present, files, save.user, stamp_time(now()), options_.signature, uuid_of(save.folder));
  write_file(options_.data / descriptor, text, beside);
  auto& view = part(kind).view;
  for (const auto& [file, bytes] : save.files) view[save.folder + '/' + file] = meaning(file, bytes);
  view[descriptor] = meaning(descriptor, text);
}

void Machine::self_writes() {
  const std::string counter = std::to_string(++self_writes_);
  const fs::path beside = options_.data / ".ignition-sim-write";
  const std::string core = "config/resources/core/ignition/";
  const std::array<std::pair<std::string, std::string>, 7> writes{{
      {core + "tag-definition/System/tags.json", "{\n  \"tags\": [],\n  \"written\": " + counter + "\n}"},
      {core + "tag-definition/System/unary-resource.json", "{\n  \"files\": [\n    \"tags.json\"\n  ]\n}"},
      {core + "user-source/default/users.json", "{\n  \"users\": [],\n  \"written\": " + counter + "\n}"},
      {core + "gateway-network-incoming/peer/config.json", "{\n  \"written\": " + counter + "\n}"},
      {"config/ignition/tags/valueStore.idb", "SQLite format 3 " + counter},
      {".uuid", "00000000-0000-4000-8000-000000000001"},
      {"logs/wrapper.log", "INFO | written " + counter + "\n"},
  }};
  for (const auto& [path, bytes] : writes) write_file(options_.data / path, bytes, beside);
}

}  // namespace ignition_sim
