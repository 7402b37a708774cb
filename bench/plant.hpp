// One target without a gateway for the whole program: its configuration, its Sync, and what `stoker run` answers on its
// pages. Main thread only.
#pragma once

#include "parts.hpp"
#include "program.hpp"

namespace bench {

class Plant {
 public:
  explicit Plant(Place place);

  Arguments sync() const;  // one Run, then the end
  Arguments serve() const;
  const Place& place() const { return place_; }

  // The branch that the Sync names.
  void point_at(const std::string& commit) const;
  // The repository out of reach and back.
  void take_away() const;
  void bring_back() const;
  std::uint64_t cached_bytes() const;  // of what was fetched, with the sizes and times of its files

  // Of a process that runs; empty while nobody answers.
  std::string page(const std::string& path) const;
  bool ready() const;
  std::uint64_t runs(const std::string& outcome) const;

 private:
  Place place_;
  std::uint16_t port_;
};

}  // namespace bench
