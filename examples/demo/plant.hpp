// The demo's plant: simulated gateways, each a process on its own data directory. What the story believes is asked
// here, of the gateways' files and of what they have loaded, never of Stoker. Main thread only.
#pragma once

#include "support/child.hpp"
#include "support/ignition_sim/view.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace demo {

class Gateway {
 public:
  // Starts `simulator` for <root>/<name>/data; its API key becomes a secret below <root>/state/secrets.
  Gateway(const std::filesystem::path& simulator, const std::filesystem::path& root, std::string name);

  const std::string& name() const { return name_; }
  const std::filesystem::path& data() const { return data_; }
  const std::string& url() const { return url_; }
  const std::string& control_url() const { return control_url_; }
  bool alive() { return child_.alive(); }

  bool has_files(const ignition_sim::View& wanted) const;
  bool has_loaded(const ignition_sim::View& wanted) const;
  // Did any scan so far load exactly this?
  bool ever_loaded(const ignition_sim::View& wanted) const;
  std::size_t scans() const;
  // A Designer of `user` in `project` is open; with an empty user all are closed.
  void set_designer(const std::string& user, const std::string& project) const;

 private:
  std::string ask(const std::string& path) const;
  std::string name_;
  std::filesystem::path data_;
  std::string url_, control_url_;
  child::Child child_;
};

}  // namespace demo
