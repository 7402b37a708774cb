// The target's data folder as it lies on disk: what a gateway would load of it, whether it is a data folder at all, and
// which gateway it belongs to. Reads names and small files; changes nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ignition {

class OnDisk {
 public:
  explicit OnDisk(std::filesystem::path data) : data_(std::move(data)) {}
  const std::filesystem::path& data() const { return data_; }

  // A folder without project.json is no project.
  bool project(const std::string& name) const;
  bool resource(const std::string& name) const;  // "<module>/<type>/<name>", in any collection
  bool has(const std::filesystem::path& path) const;
  // The names in a folder, at most 1,000; one that cannot be read has none.
  std::vector<std::string> entries(const std::filesystem::path& folder) const;
  // The first MiB of a file; empty: it cannot be read.
  std::string read(const std::filesystem::path& file) const;

  // Why this is no data folder of a gateway, with what to configure. Nothing: it is one, or it is empty and the gateway
  // has not started yet (`runs` false).
  std::optional<std::string> data_folder_fault(bool runs) const;
  // Why the gateway that answers as `name` is not the one of this folder; nothing: it may be. The folder has the name
  // in the singleton ignition/system-properties of its collections.
  std::optional<std::string> wrong_gateway(const std::string& name) const;

 private:
  std::filesystem::path data_;
};

}  // namespace ignition
