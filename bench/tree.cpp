// The generator: splitmix64 alone decides, so a seed and a number of files give the same bytes everywhere.
#include "tree.hpp"

#include "program.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t changing_bytes = 8192;

std::uint64_t mixed(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 1469598103934665603ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

// Bytes at the percentiles 0, 10, 25, 50, 75, 90, 95, 99, 100 of files of one kind. The last is below the greatest
// that was seen: with it a tree of 100k files would have more bytes than the real ones.
constexpr std::array<double, 9> at_share{0, .10, .25, .50, .75, .90, .95, .99, 1};
using Sizes = std::array<double, 9>;
constexpr Sizes view_bytes{600, 1100, 1700, 3000, 7900, 25000, 44000, 115000, 240000};
constexpr Sizes resource_bytes{330, 340, 360, 360, 698, 929, 1200, 2100, 6600};
constexpr Sizes script_bytes{80, 220, 667, 1500, 2600, 5300, 10000, 24000, 59000};
constexpr Sizes query_bytes{40, 70, 113, 278, 897, 2100, 2800, 5100, 20000};
constexpr Sizes thumbnail_bytes{120, 163, 601, 1800, 7000, 24000, 35000, 63000, 157000};

std::uint32_t bytes_at(const Sizes& sizes, double share) {
  std::size_t i = 1;
  while (i + 1 < sizes.size() && share > at_share[i]) ++i;
  const double part = (share - at_share[i - 1]) / (at_share[i] - at_share[i - 1]);
  return static_cast<std::uint32_t>(sizes[i - 1] * std::pow(sizes[i] / sizes[i - 1], part));
}

constexpr std::array<const char*, 24> words{
    "Line",  "Press", "Oven",   "Tank", "Valve", "Motor", "Alarm",  "Trend",  "Batch",   "Recipe", "Order",  "Shift",
    "Panel", "Popup", "Header", "Dock", "Gauge", "Chart", "Report", "Energy", "Quality", "Store",  "Dialog", "Login"};

std::string json_of(std::string_view path, unsigned version, std::size_t bytes) {
  std::uint64_t state = hash_of(path) + version;
  std::string text = "{\n  \"custom\": {\"version\": " + std::to_string(version) + "},\n  \"root\": {\"children\": [";
  constexpr std::string_view end = "]}\n}";
  for (bool first = true;; first = false) {
    const std::uint64_t r = mixed(state);
    std::string child = first ? "\n" : ",\n";
    child += "    {\"meta\": {\"name\": \"" + std::string(words[r % words.size()]) + "_" + std::to_string(r >> 48) +
             "\"}, \"position\": {\"x\": " + std::to_string((r >> 8) % 1920) +
             ", \"y\": " + std::to_string((r >> 20) % 1080) +
             "}, \"propConfig\": {\"props.value\": {\"binding\": {\"type\": \"tag\", \"path\": \"[default]Plant/" +
             words[(r >> 32) % words.size()] + "/" + std::to_string((r >> 40) % 500) +
             "\"}}}, \"type\": \"ia.display.label\"}";
    if (text.size() + child.size() + end.size() > bytes) break;
    text += child;
  }
  if (text.size() + end.size() < bytes) text.append(bytes - text.size() - end.size(), ' ');
  return text + std::string(end);
}

std::string resource_of(std::string_view path, std::size_t bytes) {
  std::uint64_t state = hash_of(path);
  char signature[65];
  for (int i = 0; i < 4; ++i)
    std::snprintf(signature + 16 * i, 17, "%016llx", static_cast<unsigned long long>(mixed(state)));
  const std::string head =
      "{\n  \"scope\": \"G\",\n  \"version\": 1,\n  \"restricted\": false,\n  \"overridable\": true,\n  \"files\": [\n"
      "    \"view.json\"\n  ],\n  \"documentation\": \"";
  const std::string tail =
      std::string("\",\n  \"attributes\": {\n    \"lastModification\": {\n      \"actor\": \"admin\",\n") +
      "      \"timestamp\": \"2025-11-18T22:24:36Z\"\n    },\n    \"lastModificationSignature\": \"" + signature +
      "\"\n  }\n}";
  std::string text = head;
  while (text.size() + tail.size() < bytes) text += words[mixed(state) % words.size()];
  return text + tail;
}

std::string lines_of(std::string_view path, std::string_view line, std::size_t bytes) {
  std::uint64_t state = hash_of(path);
  std::string text;
  while (text.size() < bytes) {
    text += line;
    text += words[mixed(state) % words.size()];
    text += "_" + std::to_string(mixed(state) % 10000) + "\n";
  }
  text.resize(bytes);
  return text;
}

std::string noise_of(std::string_view path, std::size_t bytes) {
  std::uint64_t state = hash_of(path);
  std::string text = "\x89PNG\r\n\x1a\n";
  while (text.size() < bytes) {
    const std::uint64_t r = mixed(state);
    text.append(reinterpret_cast<const char*>(&r), sizeof r);
  }
  text.resize(bytes);
  return text;
}

}  // namespace

// Folders of resources below projects: two of three resources are views, half of those with a picture.
Tree::Tree(std::size_t files, std::uint64_t seed) : state_(seed) {
  entries_.reserve(files);
  for (unsigned project = 0; entries_.size() < files; ++project) {
    const std::string root = "projects/Plant" + std::to_string(project) + "/";
    const std::size_t project_files = std::min(files, entries_.size() + 800 + random() % 8000);
    add(root + "project.json", Kind::project, files);
    while (entries_.size() < project_files) {
      const std::uint64_t r = random();
      std::string below;
      for (std::uint64_t depth = 1 + r % 5, i = 0; i < depth; ++i)
        below += std::string(words[(r >> (8 + 5 * i)) % words.size()]) + "/";
      below += std::string(words[(r >> 40) % words.size()]) + std::to_string(entries_.size()) + "/";
      const std::uint64_t kind = (r >> 48) % 100;
      if (kind < 66) {
        const std::string folder = root + "com.inductiveautomation.perspective/views/" + below;
        add(folder + "view.json", Kind::view, project_files);
        add(folder + "resource.json", Kind::resource, project_files);
        if (kind < 33) add(folder + "thumbnail.png", Kind::thumbnail, project_files);
      } else if (kind < 92) {
        add(root + "ignition/named-query/" + below + "query.sql", Kind::query, project_files);
        add(root + "ignition/named-query/" + below + "resource.json", Kind::resource, project_files);
      } else {
        add(root + "ignition/script-python/" + below + "code.py", Kind::script, project_files);
        add(root + "ignition/script-python/" + below + "resource.json", Kind::resource, project_files);
      }
    }
  }
  changing_ = files / 2;
  while (entries_[changing_].kind != Kind::view) changing_ = (changing_ + 1) % files;
  bytes_ += changing_bytes - entries_[changing_].bytes;
  entries_[changing_].bytes = changing_bytes;
}

std::uint64_t Tree::random() { return mixed(state_); }

void Tree::add(std::string path, Kind kind, std::size_t files_max) {
  if (entries_.size() >= files_max) return;
  const double share = static_cast<double>(random() >> 11) / 9007199254740992.0;
  static const std::map<Kind, const Sizes*> sizes{{Kind::view, &view_bytes},
                                                  {Kind::resource, &resource_bytes},
                                                  {Kind::script, &script_bytes},
                                                  {Kind::query, &query_bytes},
                                                  {Kind::thumbnail, &thumbnail_bytes}};
  Entry entry{std::move(path), kind, 120};
  if (const auto of_kind = sizes.find(kind); of_kind != sizes.end()) entry.bytes = bytes_at(*of_kind->second, share);
  bytes_ += entry.bytes;
  entries_.push_back(std::move(entry));
}

std::string Tree::content(const Entry& entry, unsigned version) const {
  switch (entry.kind) {
    case Kind::project:
      return "{\n  \"title\": \"\",\n  \"description\": \"" + entry.path +
             "\",\n  \"enabled\": true,\n  \"inheritable\": false,\n  \"parent\": \"\"\n}";
    case Kind::view: return json_of(entry.path, version, entry.bytes);
    case Kind::resource: return resource_of(entry.path, entry.bytes);
    case Kind::script: return lines_of(entry.path, "\tlogger.info(\"", entry.bytes);
    case Kind::query: return lines_of(entry.path, "SELECT * FROM ", entry.bytes);
    case Kind::thumbnail: return noise_of(entry.path, entry.bytes);
  }
  return {};
}

void Tree::write(const fs::path& folder) const {
  for (const Entry& entry : entries_) {
    const fs::path file = folder / entry.path;
    fs::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << content(entry, 0);
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
  }
}

Tree::Commits Tree::import(const fs::path& repository) const {
  run_to_end({"git", "init", "-q", "--bare", "--initial-branch=main", repository.string()});
  const std::string command =
      "git -C '" + repository.string() +
      "' -c core.compression=1 -c core.fsync=none -c fastimport.unpackLimit=0 fast-import --quiet";
  FILE* stream = ::popen(command.c_str(), "w");
  if (!stream) throw std::runtime_error("cannot start git fast-import");
  const auto put = [stream](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream); };
  const auto data = [&](std::string_view bytes) { put("data " + std::to_string(bytes.size()) + "\n"), put(bytes); };
  const auto commit = [&](unsigned number) {
    put("commit refs/heads/main\nmark :" + std::to_string(number) + "\ncommitter bench <bench@localhost> " +
        std::to_string(1763500000 + number) + " +0000\n");
    data("commit " + std::to_string(number));
    if (number == 2) put("from :1\n");
  };
  const auto file = [&](const Entry& entry, unsigned version) {
    put("M 100644 inline " + entry.path + "\n");
    data(content(entry, version));
    put("\n");
  };
  commit(1);
  for (const Entry& entry : entries_) file(entry, 0);
  commit(2);
  file(entries_[changing_], 1);
  put("done\n");
  if (::pclose(stream) != 0) throw std::runtime_error("git fast-import failed");
  const auto id = [&](const char* name) {
    std::string text = run_to_end({"git", "-C", repository.string(), "rev-parse", name}).out;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  };
  return {id("main~1"), id("main")};
}

}  // namespace bench
