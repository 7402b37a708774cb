// Random edits of a real project; see random_edits.hpp.
#include "random_edits.hpp"

#include "plant.hpp"
#include "support/ignition_sim/access.hpp"

#include <algorithm>

namespace plant {

RandomEdits::RandomEdits(repository::Repository& repository, std::string project, std::set<std::string> kept_folders,
                         unsigned seed)
    : repository_(repository), project_(std::move(project)), kept_folders_(std::move(kept_folders)), random_(seed) {}

std::string RandomEdits::commit() {
  const int edits = 1 + below(6);
  for (int done = 0; done < edits;) {
    const Edit kind = static_cast<Edit>(below(kinds));
    if (!edit(kind)) continue;
    ++done_[kind];
    ++done;
  }
  // whatever else the edits came to, the commit is not an empty one
  repository_.write(project_ + "/serial.txt", std::to_string(++serial_) + "\n");
  return repository_.commit("Edit " + std::to_string(serial_));
}

void RandomEdits::touch(int count) {
  const std::vector<std::string> all = files("");
  for (int done = 0; done < count;)
    if (change_content(one_of(all))) ++done;
  done_[content] += count;
}

// Not std::uniform_int_distribution: its numbers are each library's own.
int RandomEdits::below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

std::string RandomEdits::counts() const {
  std::string text;
  for (int kind = 0; kind < kinds; ++kind) text += (kind ? ", " : "") + std::to_string(done_[kind]) + ' ' + names[kind];
  return text;
}

bool RandomEdits::edit(Edit kind) {
  const std::string serial = std::to_string(++serial_);
  const std::string folder = one_of(folders());
  switch (kind) {
    case content: return change_content(one_of(files("")));
    case descriptor: return change_descriptor(one_of(files("resource.json")));
    case rename: {
      // now and then all of a group moves
      const std::string moved = below(6) == 0 ? fs::path(folder).parent_path().string() : folder;
      if (fs::path(moved).parent_path().filename() == fs::path(project_).filename()) return false;
      fs::rename(repository_.folder() / moved, repository_.folder() / (moved + " n\xC3\xB2" + serial));
      return true;
    }
    case remove: fs::remove_all(repository_.folder() / folder); return true;
    case add: write_view(fs::path(folder).parent_path() / ("New view " + serial)); return true;
    case to_file:
      if (kept_folders_.contains(folder)) return false;
      fs::remove_all(repository_.folder() / folder);
      repository_.write(folder, "was a folder " + serial);
      flipped_.push_back(folder);
      return true;
    case to_folder: return turn_into_folder(flipped_.empty() ? one_of(files("thumbnail.png")) : one_of(flipped_));
    case mode: {
      const fs::path file = repository_.folder() / one_of(files(""));
      const bool executable = (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none;
      fs::permissions(file, fs::perms(executable ? 0644 : 0755));
      return true;
    }
    case kinds: break;
  }
  return false;
}

bool RandomEdits::change_content(const std::string& file) {
  if (fs::path(file).filename() == "resource.json") return false;
  const bool json = file.ends_with(".json");
  repository_.write(file,
                    text_of(repository_.folder() / file) + (json ? "\n" : "-- " + std::to_string(serial_) + "\n"));
  return true;
}

bool RandomEdits::change_descriptor(const std::string& file) {
  std::string text = file.empty() ? "" : text_of(repository_.folder() / file);
  const std::size_t at = text.find("\"restricted\": ");
  if (at == text.npos) return false;
  const std::size_t value = at + std::string_view("\"restricted\": ").size();
  const bool was = text.compare(value, 4, "true") == 0;
  repository_.write(file, text.replace(value, was ? 4 : 5, was ? "false" : "true"));
  return true;
}

bool RandomEdits::turn_into_folder(const std::string& file) {
  if (file.empty() || !fs::is_regular_file(repository_.folder() / file)) {
    std::erase(flipped_, file);  // it moved with its group, or went
    return false;
  }
  fs::remove(repository_.folder() / file);
  if (file.ends_with("thumbnail.png"))
    repository_.write(file + "/inner/part.txt", "was a file " + std::to_string(serial_));
  else
    write_view(file);
  std::erase(flipped_, file);
  return true;
}

void RandomEdits::write_view(const std::string& folder) {
  const std::string view = "{\"serial\": " + std::to_string(serial_) + "}\n";
  repository_.write(folder + "/view.json", view);
  repository_.write(folder + "/resource.json",
                    ignition_sim::resource_json({{"view.json", view}}, "admin", "2025-01-01T00:00:00Z",
                                                ignition_sim::SignatureForm::v8_1));
}

std::vector<std::string> RandomEdits::files(const std::string& name) const {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(repository_.folder() / project_)) {
    const std::string its = entry.path().filename().string();
    if (!entry.is_regular_file() || its == "project.json" || (!name.empty() && its != name)) continue;
    found.push_back(entry.path().lexically_relative(repository_.folder()).string());
  }
  std::sort(found.begin(), found.end());  // a folder has no order of its own
  return found;
}

std::vector<std::string> RandomEdits::folders() const {
  std::vector<std::string> found = files("resource.json");
  for (std::string& path : found) path = fs::path(path).parent_path().string();
  return found;
}

std::string RandomEdits::one_of(const std::vector<std::string>& paths) {
  return paths.empty() ? std::string() : paths[static_cast<std::size_t>(below(static_cast<int>(paths.size())))];
}

}  // namespace plant
