#include "remote.hpp"

#include "tcp_stream.hpp"

#include <optional>

namespace stoker::git {
namespace {

constexpr std::size_t listing_max = 500000;

// What a running fetch is asked again and again: may it go on.
struct Watch {
  const Bound& bound;
  std::uint64_t bytes_max;
  std::optional<Error> stopped;

  int ask() {
    if (stopped) return GIT_EUSER;
    if (auto may = bound.check(); !may) stopped = std::move(may).error();
    return stopped ? GIT_EUSER : 0;
  }
  int ask(const git_indexer_progress& progress) {
    if (progress.received_bytes > bytes_max && !stopped)
      stopped = Error(errc::exhausted, "git: the fetch is larger than settings.cacheBytesMax", "git.cache-full");
    bound.call().progress(progress.received_objects, progress.total_objects, "fetch");
    return ask();
  }
};

git_remote_callbacks callbacks_for(Watch& watch) {
  git_remote_callbacks callbacks{};
  git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
  callbacks.payload = &watch;
  callbacks.sideband_progress = [](const char*, int, void* to) { return static_cast<Watch*>(to)->ask(); };
  callbacks.transfer_progress = [](const git_indexer_progress* stats, void* to) {
    return static_cast<Watch*>(to)->ask(*stats);
  };
  callbacks.pack_progress = [](int, uint32_t, uint32_t, void* to) { return static_cast<Watch*>(to)->ask(); };
  return callbacks;
}

Error ended(Watch& watch, const Address& address, Error otherwise) {
  watch.ask();  // a stream that gave up at the bound says so only in words
  if (watch.stopped) return std::move(*watch.stopped).in(address.url);
  return otherwise;
}

}  // namespace

Error Remote::failure(errc otherwise, std::string_view otherwise_code) const {
  const git_error* last = git_error_last();
  const std::string_view text = last && last->message ? last->message : "";
  const std::string message = "git: " + address_.url + ": " + last_message();
  if (text.find("access denied") != text.npos) return Error(errc::denied, message, "git.denied");
  if (text.find("failed to resolve path") != text.npos || text.find("could not find repository") != text.npos)
    return Error(errc::not_found, message, "git.repository-not-found");
  return Error(otherwise, message, std::string(otherwise_code));
}

Result<RemoteHandle> Remote::connect(git_repository* into, git_remote_callbacks& callbacks) const {
  int code = 0;
  git_remote_create_options options{};
  git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
  options.repository = into;
  // No URL is rewritten by configuration; looking for such rules also leaks in libgit2 1.5.
  options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
  auto remote = make<RemoteHandle>(code, git_remote_create_with_opts, address_.url.c_str(), &options);
  if (code < 0) return failure(errc::internal, "git.internal");
  if (git_remote_connect(remote.get(), GIT_DIRECTION_FETCH, &callbacks, nullptr, nullptr) < 0)
    return failure(errc::unreachable, "git.unreachable");
  return remote;
}

Result<Listing> Remote::list(const Bound& bound) const {
  const StreamsBoundBy streams(bound);
  Watch watch{bound, bytes_max_, {}};
  git_remote_callbacks callbacks = callbacks_for(watch);
  auto remote = connect(nullptr, callbacks);
  if (!remote) return ended(watch, address_, std::move(remote).error());
  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  if (git_remote_ls(&heads, &count, remote->get()) < 0)
    return ended(watch, address_, failure(errc::unreachable, "git.unreachable"));
  if (count > listing_max)
    return Error(errc::exhausted, "git: " + address_.url + ": more than 500000 refs", "git.listing-too-large");
  Listing listing;
  for (std::size_t i = 0; i < count; ++i) add_advertised(listing, heads[i]->name, hex(heads[i]->oid));
  return listing;
}

Result<void> Remote::fetch(const Bound& bound, git_repository* into, const std::vector<std::string>& refspecs) const {
  const StreamsBoundBy streams(bound);
  Watch watch{bound, bytes_max_, {}};
  git_fetch_options options{};
  git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
  options.callbacks = callbacks_for(watch);
  options.prune = GIT_FETCH_NO_PRUNE;
  options.update_fetchhead = 0;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  auto remote = connect(into, options.callbacks);
  if (!remote) return ended(watch, address_, std::move(remote).error());
  std::vector<std::string> copies = refspecs;  // libgit2 wants char*
  std::vector<char*> texts;
  for (std::string& one : copies) texts.push_back(one.data());
  const git_strarray wanted{texts.data(), texts.size()};
  if (git_remote_fetch(remote->get(), &wanted, &options, nullptr) < 0) {
    const git_error* last = git_error_last();
    const bool network = last && last->klass == GIT_ERROR_NET;
    return ended(watch, address_, failure(network ? errc::unreachable : errc::conflict, "git.refused"));
  }
  return {};
}

}  // namespace stoker::git
