// The project that the probe makes below the target's projects/, with one script in it, and what a gateway leaves on
// disk of it.
#pragma once

#include <stoker/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace ignition {

inline constexpr std::string_view own_project_prefix = "stoker-probe-";

class OwnProject {
 public:
  // `data`: the gateway's data folder. A name that is not in use.
  explicit OwnProject(const std::filesystem::path& data);
  const std::string& name() const { return name_; }
  std::filesystem::path folder() const { return projects_ / name_; }

  stoker::Result<void> make(const std::string& title, const std::string& code) const;
  stoker::Result<void> write_title(const std::string& title) const;
  stoker::Result<void> write_code(const std::string& code) const;
  // Gives the script's resource.json a new time and the same bytes.
  stoker::Result<void> touch_descriptor() const;
  std::string descriptor() const;  // the script's resource.json as it lies there now
  bool is_stamped() const;         // the gateway rewrote it
  // Does the gateway's cache of resources hold these bytes?
  bool in_cache(const std::string& code) const;
  // Nothing of it is left.
  stoker::Result<void> remove() const;

 private:
  stoker::Result<void> write(const std::filesystem::path& file, std::string_view text) const;
  std::filesystem::path projects_;
  std::string name_;
};

}  // namespace ignition
