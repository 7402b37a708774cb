#include "remote.hpp"

#include "smart_transport.hpp"

#include <optional>

namespace stoker::git {
namespace {

constexpr std::size_t listing_max = 500000;

// May it come from missing credentials, or from an authority that is not known?
bool is_of_access(const Error& error) {
  return error == errc::denied || error == errc::not_found || error.code.starts_with("git.tls") ||
         error.code.starts_with("git.credentials");
}

}  // namespace

// The state of a running fetch: whether it may go on, which libgit2 asks repeatedly, and the exchange of its transport.
struct Remote::Watch {
  const Bound& bound;
  std::uint64_t bytes_max;
  Exchange exchange;
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
  static Watch& of(void* payload) { return *static_cast<Watch*>(payload); }
  git_remote_callbacks callbacks() {
    git_remote_callbacks made{};
    git_remote_init_callbacks(&made, GIT_REMOTE_CALLBACKS_VERSION);
    made.payload = this;
    made.sideband_progress = [](const char*, int, void* to) { return of(to).ask(); };
    made.transfer_progress = [](const git_indexer_progress* stats, void* to) { return of(to).ask(*stats); };
    made.pack_progress = [](int, uint32_t, uint32_t, void* to) { return of(to).ask(); };
    if (exchange.transport())
      made.transport = [](git_transport** out, git_remote* owner, void* to) {
        return of(to).exchange.transport()(out, owner, &of(to).exchange);
      };
    return made;
  }
};

Result<void> Quiet::check() const {
  const std::lock_guard lock(mutex_);
  const auto left = std::chrono::ceil<std::chrono::seconds>(until_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) return {};
  return Error(why_).after(left);
}

void Quiet::keep(const Error& error) {
  if (error.retry_after.count() <= 0) return;
  const std::lock_guard lock(mutex_);
  until_ = std::chrono::steady_clock::now() + error.retry_after;
  why_ = error;
}

Error Remote::failure(errc otherwise, std::string_view otherwise_code) const {
  const git_error* last = git_error_last();
  const std::string_view text = last && last->message ? last->message : "";
  const std::string message = "git: " + address_.url + ": " + last_message();
  if (text.find("access denied") != text.npos) return Error(errc::denied, message, "git.denied");
  if (text.find("extensions.objectformat") != text.npos)  // what a folder of this machine says of itself
    return object_format().in("git: " + address_.url);
  if (text.find("failed to resolve path") != text.npos || text.find("could not find repository") != text.npos)
    return Error(errc::not_found, message, "git.repository-not-found");
  if (text.find("too many objects") != text.npos)  // the limit that libgit2.cpp sets
    return Error(errc::exhausted, message + " in one pack: more than 10 million", "git.pack-too-large");
  return Error(otherwise, message, std::string(otherwise_code));
}

Error Remote::ended(Watch& watch, Error otherwise) const {
  if (watch.stopped) return std::move(*watch.stopped).in(address_.url);
  auto why = watch.exchange.ended();
  if (!why && (watch.exchange.saw_shallow() || is_shallow_here())) return shallow();
  if (!why) return otherwise;
  return told(std::move(*why));
}

// libgit2 reads no history that is cut off. A folder of this machine is always read by libgit2.
Error Remote::shallow() const {
  const std::string remedy =
      address_.local()
          ? "run `git fetch --unshallow` in it, or let a server serve it (git, https, ssh) and set settings.backend of "
            "the module to git"
          : "set settings.backend of the module to git, or run `git fetch --unshallow` on the server";
  return Error(errc::incompatible,
               "git: " + address_.url + ": the repository is a shallow clone, which libgit2 cannot read; " + remedy,
               "git.shallow-server");
}

bool Remote::is_shallow_here() const {
  if (!address_.local()) return false;
  int code = 0;
  const auto there = make<Repository>(code, git_repository_open, folder_of(address_).c_str());
  return there && git_repository_is_shallow(there.get()) == 1;
}

Error Remote::told(Error why) const {
  quiet_.keep(why);
  if (!address_.hint.empty()) why.message += "; " + address_.hint;
  if (!access_.hint.empty() && is_of_access(why)) why.message += "; " + access_.hint;
  return std::move(why).in("git: " + address_.url);
}

Result<RemoteHandle> Remote::connect(git_repository* into, git_remote_callbacks& callbacks) const {
  int code = 0;
  git_remote_create_options options{};
  git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
  options.repository = into;
  // The configuration does not rewrite URLs. A lookup of such rules also leaks memory in libgit2 1.5.
  options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
  auto remote = make<RemoteHandle>(code, git_remote_create_with_opts, address_.url.c_str(), &options);
  if (code < 0) return failure(errc::internal, "git.internal");
  if (git_remote_connect(remote.get(), GIT_DIRECTION_FETCH, &callbacks, nullptr, nullptr) < 0)
    return failure(errc::unreachable, "git.unreachable");
  return remote;
}

Result<Listing> Remote::list_here(Watch& watch) const {
  git_remote_callbacks callbacks = watch.callbacks();
  auto remote = connect(nullptr, callbacks);
  if (!remote) return std::move(remote).error();
  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  if (git_remote_ls(&heads, &count, remote->get()) < 0) return failure(errc::unreachable, "git.unreachable");
  if (count > listing_max)
    return Error(errc::exhausted, "git: " + address_.url + ": more than 500000 refs", "git.listing-too-large");
  Listing listing;
  for (std::size_t i = 0; i < count; ++i) add_advertised(listing, heads[i]->name, hex(heads[i]->oid));
  return listing;
}

Result<Listing> Remote::list(const Bound& bound, const std::vector<std::string>& prefixes) const {
  if (auto may = quiet_.check(); !may) return std::move(may).error();
  if (address_.local()) {
    Watch watch{bound, bytes_max_, Exchange(address_, access_, bound), {}};
    auto listing = list_here(watch);
    if (listing) return listing;
    return ended(watch, std::move(listing).error());
  }
  const auto peer = peer_at(address_, access_, bound, Protocol::second);
  auto conversation = Conversation::begin(*peer);
  if (!conversation) return told(std::move(conversation).error());
  auto listing = conversation->list(prefixes);
  if (!listing) return told(std::move(listing).error());
  return listing;
}

Result<void> Remote::fetch_now(Watch& watch, git_repository* into, const std::vector<std::string>& refspecs) const {
  git_fetch_options options{};
  git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
  options.callbacks = watch.callbacks();
  options.prune = GIT_FETCH_NO_PRUNE;
  options.update_fetchhead = 0;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  auto remote = connect(into, options.callbacks);
  if (!remote) return std::move(remote).error();
  std::vector<std::string> copies = refspecs;  // libgit2 needs char*
  std::vector<char*> texts;
  for (std::string& one : copies) texts.push_back(one.data());
  const git_strarray wanted{texts.data(), texts.size()};
  if (git_remote_fetch(remote->get(), &wanted, &options, nullptr) == 0) return {};
  const git_error* last = git_error_last();
  const bool network = last && last->klass == GIT_ERROR_NET;
  return failure(network ? errc::unreachable : errc::conflict, "git.refused");
}

// False: the server supports only the first version of the protocol.
Result<bool> Remote::fetched_by_program(const Bound& bound, git_repository* into, const Wish& wish) const {
  const auto peer = peer_at(address_, access_, bound, Protocol::second);
  auto conversation = Conversation::begin(*peer);
  if (!conversation) return told(std::move(conversation).error());
  if (!conversation->second_version()) return false;
  const GitFetch fetch{git_repository_path(into), wish.refspecs, wish.depth, bytes_max_};
  if (auto fetched = fetch_by_program(*conversation, fetch, bound); !fetched) return told(std::move(fetched).error());
  return true;
}

Result<void> Remote::fetch(const Bound& bound, git_repository* into, const Wish& wish) const {
  if (auto may = quiet_.check(); !may) return may;
  if (backend_ == Backend::program && !address_.local()) {
    auto fetched = fetched_by_program(bound, into, wish);
    if (!fetched) return std::move(fetched).error();
    if (*fetched) return {};
  }
  Watch watch{bound, bytes_max_, Exchange(address_, access_, bound), {}};
  auto fetched = fetch_now(watch, into, wish.refspecs);
  if (fetched) return fetched;
  return ended(watch, std::move(fetched).error());
}

}  // namespace stoker::git
