// A plant with secrets: keeps them where the program reads them, notes every program that Stoker starts, has every Run
// told to a receiver, and searches all of that, and all that the program shows, writes and is, for a secret's text.
// Main thread only.
#pragma once

#include "plant.hpp"
#include "receiver.hpp"

#include <string>
#include <vector>

namespace plant {

class SecretPlant : public Plant {
 protected:
  SecretPlant();

  // One of the Sync's secrets; `auth` names it by `{secretRef: {name: line-a, key: <key>}}`.
  void keep(const std::string& key, const std::string& text) const { keep_secret("line-a", key, text); }
  void write_config_with(const json::object& source_git);
  // `git`: further lines below `git`, indented by 4.
  void write_sync_of(const std::string& url, const std::string& git) const;
  void start();                                             // Stoker
  std::size_t starts_of(const std::string& program) const;  // by Stoker, so far

  // The places where the text is to be seen; the files of the secrets themselves are none.
  std::vector<std::string> places_of(const std::string& text);

 private:
  struct Place {
    std::string name, text;
  };
  void add_files(std::vector<Place>& places) const;
  void add_processes(std::vector<Place>& places) const;
  void add_pages(std::vector<Place>& places);
  void add_notices(std::vector<Place>& places) const;

  const fs::path programs_ = folder_ / "programs", started_ = folder_ / "started";
  Receiver receiver_;
};

}  // namespace plant
