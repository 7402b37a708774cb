// The source: what refs mean in one repository, and its trees. One instance a repository; calls of several threads at
// once.
#pragma once

#include "cache.hpp"

#include <stoker/source.hpp>

#include <map>
#include <mutex>

namespace stoker::git {

class GitSource : public Source {
 public:
  GitSource(const Config& config, Host& host);
  Result<void> resolve(Call& call, const std::vector<std::string_view>& refs, const Out<Resolved>& out,
                       const Out<Note>& notes) override;
  Result<std::unique_ptr<Tree>> open(Call& call, std::string_view revision) override;

 private:
  Result<Resolved> resolve_one(Call& call, const Listing& listing, std::string_view ref, std::vector<Note>& notes);
  void remember(const Resolved& resolved);
  std::string known_as(const std::string& revision);

  Result<Address> address_;  // its failure is that of every call: a constructor has no code to give
  Log log_;
  Result<Access> access_;  // likewise
  Quiet quiet_;
  std::chrono::milliseconds resolve_timeout_;
  std::uint64_t file_bytes_max_, cache_bytes_max_;
  const Backend backend_;
  std::optional<Cache> cache_;
  std::mutex known_;
  std::map<std::string, std::string> refs_by_revision_;  // guarded by known_
};

}  // namespace stoker::git
