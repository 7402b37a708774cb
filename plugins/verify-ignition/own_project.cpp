#include "own_project.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <sstream>

namespace ignition {

namespace fs = std::filesystem;
using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr const char* script = "ignition/script-python/probe";
// The signature is none: a gateway that stamps what others wrote writes its own in its place.
constexpr std::string_view written_descriptor =
    R"({"scope":"A","version":1,"restricted":false,"overridable":true,"files":["code.py"],"attributes":{"lastModification":)"
    R"({"actor":"stoker","timestamp":"2025-01-01T00:00:00Z"},"lastModificationSignature":)"
    R"("0000000000000000000000000000000000000000000000000000000000000000"}})";

std::string random_name() {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr int length = 8;
  std::random_device random;
  std::string name(own_project_prefix);
  for (int i = 0; i < length; ++i) name += digits[random() % digits.size()];
  return name;
}

Error io_error(const fs::path& file, const std::string& why) {
  return Error(errc::denied, "ignition: " + file.string() + ": " + why, "ignition.probe");
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A gateway does not like files of another owner: what root makes is given to the owner of projects/.
void give_to_owner_of(const fs::path& folder, const fs::path& made) {
  struct stat st {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &st) != 0) return;
  if (::lchown(made.c_str(), st.st_uid, st.st_gid) != 0) return;  // as good as it gets
}

}  // namespace

OwnProject::OwnProject(const fs::path& data) : projects_(data / "projects"), name_(random_name()) {}

Result<void> OwnProject::write(const fs::path& file, std::string_view text) const {
  const fs::path path = folder() / file;
  std::error_code failed;
  fs::path below = folder();
  for (const fs::path& part : fs::path(".") / file.parent_path()) {
    below = (below / part).lexically_normal();
    if (fs::create_directory(below, failed)) give_to_owner_of(projects_, below);
    if (failed) return io_error(below, failed.message());
  }
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return io_error(path, "cannot be written");
  give_to_owner_of(projects_, path);
  return {};
}

// Data first, project.json last: without it a folder is no project.
Result<void> OwnProject::make(const std::string& title, const std::string& code) const {
  if (auto made = write_code(code); !made) return made;
  if (auto made = write(fs::path(script) / "resource.json", written_descriptor); !made) return made;
  return write_title(title);
}

Result<void> OwnProject::write_title(const std::string& title) const {
  return write("project.json", "{\"title\":\"" + title +
                                   "\",\"description\":\"made by stoker doctor --probe, which removes it\",\"enabled\":"
                                   "true,\"inheritable\":false,\"parent\":\"\"}");
}

Result<void> OwnProject::write_code(const std::string& code) const { return write(fs::path(script) / "code.py", code); }

Result<void> OwnProject::touch_descriptor() const {
  const fs::path file = folder() / script / "resource.json";
  std::error_code failed;
  fs::last_write_time(file, fs::file_time_type::clock::now(), failed);
  if (failed) return io_error(file, failed.message());
  return {};
}

bool OwnProject::is_stamped() const {
  const std::string now = descriptor();
  return !now.empty() && now != written_descriptor;
}

std::string OwnProject::descriptor() const { return text_of(folder() / script / "resource.json"); }

// A file there is named by a digest of what it holds; its size is compared before its bytes.
bool OwnProject::in_cache(const std::string& code) const {
  std::error_code failed;
  for (fs::recursive_directory_iterator at(projects_ / ".resources", failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code gone;
    if (at->is_regular_file(gone) && at->file_size(gone) == code.size() && text_of(at->path()) == code) return true;
  }
  return false;
}

Result<void> OwnProject::remove() const {
  std::error_code failed;
  fs::remove(folder() / "project.json", failed);  // no project from here on, whatever comes
  fs::remove_all(folder(), failed);
  if (failed) return io_error(folder(), failed.message());
  return {};
}

}  // namespace ignition
