// See hostile_content.hpp.
#include "hostile_content.hpp"

#include "server_process.hpp"
#include "support/repository.hpp"

namespace git_servers {
namespace {

namespace fs = std::filesystem;

// Text that does not compress to nothing, so that a pack has a middle.
std::string noise(unsigned seed) {
  std::string text;
  for (unsigned i = 0; i < 200'000; ++i)
    text += static_cast<char>('!' + ((seed = seed * 1664525 + 1013904223) >> 24) % 90);
  return text;
}

void pack(const fs::path& folder, const std::string& objects, const std::string& name) {
  const std::string git = "git -C '" + (folder / "honest").string() + "' ";
  child::output_of(
      {"sh", "-c", git + objects + " | " + git + "pack-objects -q --stdout >'" + (folder / name).string() + "'"});
}

}  // namespace

HostileContent HostileContent::make(const fs::path& folder) {
  repository::Repository honest(folder / "honest");
  honest.write("line/f", noise(1));
  const std::string before = honest.commit("before");
  honest.write("line/f", noise(2));
  honest.write("line/g", "honest");
  const std::string now = honest.commit("now");
  pack(folder, "rev-list --objects " + now, "whole");
  pack(folder, "rev-list --objects " + before, "another");
  pack(folder, "rev-list --no-walk " + now, "without-tree");
  pack(folder, "rev-list --objects --filter=blob:none " + now, "without-files");
  write_text(folder / "now", now);
  return read(folder);
}

HostileContent HostileContent::read(const fs::path& folder) {
  return {folder,
          text_of(folder / "now"),
          text_of(folder / "whole"),
          text_of(folder / "another"),
          text_of(folder / "without-tree"),
          text_of(folder / "without-files")};
}

}  // namespace git_servers
