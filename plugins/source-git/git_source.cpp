#include "git_source.hpp"

#include <algorithm>

namespace stoker::git {
namespace {

constexpr std::size_t refs_remembered_max = 4096;

bool is_sha(std::string_view ref) { return ref.size() == sha_digits && is_hex(ref); }
bool may_be_short_sha(std::string_view ref) {
  return ref.size() >= short_sha_digits_min && ref.size() < sha_digits && is_hex(ref);
}

Result<std::unique_ptr<Origins>> origins_of(const Config& config, const Host& host) {
  const bool allow_file = config.flag("/settings/allowFile");
  auto own = parse_address(config.text("/use/repo"), allow_file);
  if (!own) return std::move(own).error();
  auto rights = Rights::read(config, host, *own);
  if (!rights) return std::move(rights).error();
  const auto bytes = [&](const char* at, std::int64_t otherwise) {
    return static_cast<std::uint64_t>(config.number(at, otherwise));
  };
  const Cache::Limits limits{config.duration("/settings/fetchTimeout", std::chrono::minutes(10)),
                             bytes("/settings/cacheBytesMax", 4ll << 30),
                             config.text("/settings/backend") == "git" ? Backend::program : Backend::libgit2};
  return Origins::make(*own, {config.text("/state"), std::move(*rights), limits,
                              bytes("/settings/fileBytesMax", 512ll << 20), allow_file, host});
}

void say_unused(const Origin& own, const Config& config, const Log& log) {
  if (own.address.scheme == Scheme::https && !own.access.app && config.find("/use/auth/githubApp/appId"))
    log.warning("githubApp is configured but not used, because a token is configured too", {{"repo", own.address.url}});
  if (own.address.scheme == Scheme::ssh && own.access.has_login())
    log.warning("a token, password or githubApp is configured but not used, because the repository has an ssh URL",
                {{"repo", own.address.url}});
  if (own.address.scheme == Scheme::https && !own.access.ssh_key.empty())
    log.warning("an ssh key is configured but not used, because the repository has an https URL",
                {{"repo", own.address.url}});
}

}  // namespace

GitSource::GitSource(const Config& config, Host& host)
    : log_(host.log()),
      resolve_timeout_(config.duration("/settings/resolveTimeout", std::chrono::seconds(30))),
      contents_{config.flag("/use/submodules"), config.flag("/use/lfs"),
                config.text("/settings/checkout") == "attributes"},
      origins_(Error()) {
  start_libgit2();
  origins_ = origins_of(config, host);
  if (origins_) say_unused((*origins_)->own(), config, log_);
}

Result<void> GitSource::resolve(Call& call, const std::vector<std::string_view>& refs, const Out<Resolved>& out,
                                const Out<Note>& notes) {
  if (!origins_) return origins_.error();
  auto listing = list_for(call, refs);
  if (!listing) return std::move(listing).error();
  std::vector<Note> said;
  std::vector<Resolved> answers;
  for (std::string_view ref : refs) {
    auto resolved = resolve_one(call, *listing, ref, said);
    // What concerns this ref alone stops no other one. Without the server no ref can be read.
    if (!resolved && (resolved.error().retryable || resolved.error() == errc::cancelled))
      return std::move(resolved).error().in(std::string(ref));
    if (resolved) remember(*resolved);
    answers.push_back(resolved ? std::move(resolved).value() : Resolved::failed(resolved.error()));
  }
  for (const Note& note : said)
    if (auto put = notes.put(note); !put) return put;
  for (const Resolved& answer : answers)
    if (auto put = out.put(answer); !put) return put;
  return {};
}

// The refs that the server has, of those that are needed. Refs that are none, and commits, need no listing.
Result<Listing> GitSource::list_for(Call& call, const std::vector<std::string_view>& refs) {
  std::vector<std::string_view> wanted;
  for (std::string_view ref : refs)
    if (!is_sha(ref) && check_ref(ref)) wanted.push_back(ref);
  if (wanted.empty()) return Listing();
  const Bound bound(call, resolve_timeout_);
  return own().remote().list(bound, prefixes_of(wanted));
}

Result<Resolved> GitSource::resolve_one(Call& call, const Listing& listing, std::string_view ref,
                                        std::vector<Note>& notes) {
  const std::string url = own().address.url;
  if (is_sha(ref)) return Resolved{lower_hex(ref), lower_hex(ref), Resolved::Kind::commit};
  if (auto good = check_ref(ref); !good) return std::move(good).error().in(url);
  Resolved named = choose(listing, ref, notes);
  if (!named.revision.empty()) return named;
  const std::string quoted = "\"" + std::string(ref) + "\"";
  const Error none(errc::not_found, "git: " + url + ": there is no branch, tag or commit " + quoted,
                   "git.ref-not-found");
  if (!may_be_short_sha(ref)) return none;
  auto commits = own().cache.commits(call, lower_hex(ref));
  if (!commits) return std::move(commits).error();
  if (commits->empty()) return none;
  if (commits->size() > 1)
    return Error(errc::invalid, "git: " + url + ": " + quoted + " begins the ids of several commits; write more digits",
                 "git.ref-ambiguous");
  return Resolved{commits->front(), commits->front(), Resolved::Kind::commit};
}

void GitSource::remember(const Resolved& resolved) {
  if (!resolved.ref.starts_with("refs/")) return;
  const std::lock_guard known(known_);
  if (refs_by_revision_.size() >= refs_remembered_max) refs_by_revision_.clear();
  refs_by_revision_.insert_or_assign(resolved.revision, resolved.ref);
}

std::string GitSource::known_as(const std::string& revision) {
  const std::lock_guard known(known_);
  const auto found = refs_by_revision_.find(revision);
  return found == refs_by_revision_.end() ? std::string() : found->second;
}

Result<std::unique_ptr<Tree>> GitSource::open(Call& call, std::string_view revision) {
  if (!origins_) return origins_.error();
  if (!is_sha(revision) || revision != lower_hex(revision))
    return Error(errc::invalid, "git: " + own().address.url + ": the revision is not 40 lower case hexadecimal digits",
                 "git.revision-invalid");
  auto tree =
      std::make_unique<GitTree>(**origins_, std::string(revision), known_as(std::string(revision)), contents_, log_);
  if (auto loaded = tree->load(call); !loaded) {
    Error why = std::move(loaded).error();
    if (why.message.find(own().address.url) == std::string::npos) return std::move(why).in(own().address.url);
    return why;
  }
  return std::unique_ptr<Tree>(std::move(tree));
}

}  // namespace stoker::git
