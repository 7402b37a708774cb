// LocalPlatform: the plugin's class. It hands each function of the contract to the part that has it.
#pragma once

#include <stoker/platform.hpp>

#include "elections.hpp"
#include "store.hpp"
#include "watches.hpp"

namespace stoker::local {

class LocalPlatform : public Platform {
 public:
  LocalPlatform(const Config& config, const Host& host);
  // For tests: another bound of the log of changes.
  LocalPlatform(std::string file, const Host& host, ChangeLog::Bounds bounds);

  Result<Object> get(Call& call, const ObjectKey& key) override;
  Result<std::uint64_t> list(Call& call, const ObjectQuery& query, const Out<Object>& out) override;
  Result<Object> insert(Call& call, std::string_view resource, std::string_view document, std::string_view by) override;
  Result<Object> update(Call& call, std::string_view resource, Part part, std::string_view document,
                        std::string_view by) override;
  Result<Object> patch(Call& call, const ObjectKey& key, Part part, std::string_view patch,
                       std::string_view by) override;
  Result<Object> remove(Call& call, const ObjectKey& key, std::string_view uid, std::uint64_t version,
                        std::string_view by) override;
  Result<std::uint64_t> watch(Call& call, const ObjectQuery& query, std::uint64_t from) override;
  Result<std::uint64_t> watch_owner(Call& call, std::string_view owner) override;
  void unwatch(std::uint64_t number) override;
  Result<void> next(Call& call, const Out<ObjectEvent>& out) override;
  Result<bool> lead(Call& call, std::string_view election, std::string_view candidate,
                    std::chrono::milliseconds ttl) override;
  Result<void> resign(Call& call, std::string_view election, std::string_view candidate) override;

 private:
  Store store_;
  Watches watches_;
  Elections elections_;
};

}  // namespace stoker::local
