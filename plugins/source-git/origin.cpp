#include "origin.hpp"

#include "submodule_map.hpp"

namespace stoker::git {
namespace {

constexpr std::size_t submodules_max = 256, revisions_kept_max = 4096;

}  // namespace

Origin::Origin(Address at, Access with, const Means& means)
    : address(std::move(at)),
      access(std::move(with)),
      limits(means.limits),
      file_bytes_max(means.file_bytes_max),
      cache(means.state, address, access, quiet, means.limits, means.host.log()),
      large_files(means.state / "lfs", address, access, means.rights, quiet,
                  {means.limits.fetch, means.file_bytes_max, means.limits.bytes_max}, means.host) {}

Result<std::unique_ptr<Origins>> Origins::make(const Address& own, Means means) {
  auto access = means.rights.to(own);
  if (!access) return std::move(access).error();
  std::unique_ptr<Origins> made(new Origins(std::move(means)));
  made->own_ = std::make_unique<Origin>(own, std::move(*access), made->means_);
  return made;
}

bool Origins::is_first(const std::string& revision) {
  const std::lock_guard lock(mutex_);
  if (opened_.size() >= revisions_kept_max) opened_.clear();
  return opened_.insert(revision).second;
}

Result<Origin*> Origins::submodule(const Origin& parent, std::string_view url) {
  auto whole = submodule_url(parent.address.url, url);
  if (!whole) return std::move(whole).error();
  // A repository on a server must not name a folder of this machine.
  auto address = parse_address(*whole, means_.allow_file && parent.address.local());
  if (!address) return std::move(address).error();
  if (address->url == own_->address.url) return own_.get();
  const std::lock_guard lock(mutex_);
  auto& origin = submodules_[address->url];
  if (origin) return origin.get();
  auto access = means_.rights.to(*address);
  if (access && submodules_.size() <= submodules_max) {
    origin = std::make_unique<Origin>(std::move(*address), std::move(*access), means_);
    return origin.get();
  }
  submodules_.erase(address->url);
  if (!access) return std::move(access).error();
  return Error(errc::exhausted, "git: more than 256 repositories are named as submodules", "git.submodules-too-many");
}

}  // namespace stoker::git
