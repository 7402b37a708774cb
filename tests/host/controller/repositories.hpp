// Repositories in memory and a source that lists them, with what was asked and when.
#pragma once

#include "host/offered/clock.hpp"
#include "host/values/sync_spec.hpp"

#include <stoker/source.hpp>

#include <map>
#include <mutex>

namespace stoker::host::testing {

struct Repositories {
  using Refs = std::vector<std::string>;
  std::mutex mutex;
  std::map<std::string, std::map<std::string, std::string>> revisions;  // by repository and ref
  std::map<std::string, Error> away;                                    // repositories that do not answer
  std::map<std::string, Error> bad_refs;                                // by ref
  std::function<void()> while_listing;                                  // [worker]
  std::vector<std::pair<std::string, Refs>> listings;                   // repository and what was asked for
  std::size_t ended = 0;
  static inline Repositories* current = nullptr;  // what sources that are being created belong to

  std::size_t count(const std::string& repository) {
    const std::lock_guard lock(mutex);
    std::size_t found = 0;
    for (const auto& [each, refs] : listings) found += each == repository;
    return found;
  }
};

class ListedSource final : public Source {
 public:
  ListedSource(const stoker::Config& config, Host&)
      : all_(*Repositories::current), repository_(config.text("/use/repo")) {}
  ~ListedSource() override {
    const std::lock_guard lock(all_.mutex);
    ++all_.ended;
  }
  Result<void> resolve(Call&, const std::vector<std::string_view>& refs, const Out<Resolved>& out,
                       const Out<Note>&) override {
    if (all_.while_listing) all_.while_listing();
    const std::lock_guard lock(all_.mutex);
    all_.listings.emplace_back(repository_, Repositories::Refs(refs.begin(), refs.end()));
    if (const auto away = all_.away.find(repository_); away != all_.away.end()) return away->second;
    const auto& known = all_.revisions[repository_];
    for (const std::string_view ref : refs) {
      Resolved resolved;
      resolved.ref = std::string(ref);
      if (const auto found = known.find(resolved.ref); found != known.end()) resolved.revision = found->second;
      if (const auto bad = all_.bad_refs.find(resolved.ref); bad != all_.bad_refs.end())
        resolved = Resolved::failed(bad->second);
      if (auto put = out.put(resolved); !put) return put;
    }
    return {};
  }
  Result<std::unique_ptr<Tree>> open(Call&, std::string_view) override {
    return Error(errc::internal, "nobody opens here");
  }

 private:
  Repositories& all_;
  std::string repository_;
};

}  // namespace stoker::host::testing
