// A temporary folder that nobody else can read, gone with its owner.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace git_servers {

class PrivateFolder {
 public:
  explicit PrivateFolder(const std::string& purpose) {
    std::string name = std::filesystem::temp_directory_path() / ("stoker-" + purpose + "-XXXXXX");
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder " + name);
    path_ = name;
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code left;
    std::filesystem::remove_all(path_, left);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace git_servers
