// The source resolves refs of one repository and opens its trees. One instance for each repository; several threads may
// call it at the same time.
#pragma once

#include "git_tree.hpp"
#include "origin.hpp"

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
  Result<Listing> list_for(Call& call, const std::vector<std::string_view>& refs);
  Result<Resolved> resolve_one(Call& call, const Listing& listing, std::string_view ref, std::vector<Note>& notes);
  Origin& own() { return (*origins_)->own(); }
  void remember(const Resolved& resolved);
  std::string known_as(const std::string& revision);

  Log log_;
  const std::chrono::milliseconds resolve_timeout_;
  const Contents contents_;
  Result<std::unique_ptr<Origins>>
      origins_;  // a failure is returned by every call, because an error of the constructor could not carry a code
  std::mutex known_;
  std::map<std::string, std::string> refs_by_revision_;  // guarded by known_
};

}  // namespace stoker::git
