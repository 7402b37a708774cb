// A source instance is made with a document: the repository, and the texts of its secrets.
#include "host/calls/source_pool.hpp"

#include "host/base/digest.hpp"

#include <boost/json.hpp>

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds secrets_deadline{30};

// The document of `create` (docs/documents.md). It holds secrets, so it must go to the plugin and nowhere else.
// [worker]
Result<std::string> source_use(const GitRepository& git, const std::filesystem::path& state) {
  json::object use{{"repo", git.repo}, {"submodules", git.submodules}, {"lfs", git.lfs}}, auth, app;
  const auto put = [&](json::object& into, const char* field, const SecretRef& ref) -> Result<void> {
    auto text = read_secret(state, ref);
    if (!text) return std::move(text).error();
    into[field] = text->reveal();
    return {};
  };
  const std::pair<const char*, const std::optional<SecretRef>*> fields[] = {{"token", &git.auth.token},
                                                                            {"sshKey", &git.auth.ssh_key},
                                                                            {"passphrase", &git.auth.passphrase},
                                                                            {"knownHosts", &git.auth.known_hosts}};
  for (const auto& [field, ref] : fields)
    if (*ref)
      if (auto done = put(auth, field, **ref); !done) return std::move(done).error();
  if (const auto& named = git.auth.github_app) {
    app = {{"appId", named->app_id}, {"installationId", named->installation_id}};
    if (!named->api_base_url.empty()) app["apiBaseURL"] = named->api_base_url;
    if (auto done = put(app, "privateKey", named->private_key); !done) return std::move(done).error();
    auth["githubApp"] = std::move(app);
  }
  if (!auth.empty()) use["auth"] = std::move(auth);
  return json::serialize(use);
}

}  // namespace

Async<std::shared_ptr<SourceInstance>> SourcePool::get(GitRepository repository) {
  const std::vector<const ModuleConfig*> modules = factory_.of_kind(STOKER_SOURCE_ID);
  if (modules.empty()) co_return Error(errc::invalid, "no source module is enabled", "config.modules");
  auto read = [repository, state = config_.state](const CallState&) { return source_use(repository, state); };
  std::string what = "secrets of " + modules.front()->name;
  const CallLimits limits(secrets_deadline);
  auto use = co_await workers_.call<std::string>(std::move(what), limits, std::move(read));
  if (!use) co_return std::move(use).error();
  const std::string digest = sha256_hex(*use);
  if (const auto known = entries_.find(digest); known != entries_.end()) co_return known->second.source;

  auto made = co_await factory_.source(workers_, *modules.front(), std::move(use).value());
  if (!made) co_return std::move(made).error();
  std::shared_ptr<SourceInstance> source = std::move(made).value();
  const auto [entry, fresh] = entries_.try_emplace(digest, Entry{repository, source});
  if (!fresh) {  // another caller has made it in the meantime
    auto ended = co_await source->end();
    if (!ended) co_return std::move(ended).error();
    co_return entries_.at(digest).source;
  }
  co_await end_replaced(repository, digest);
  co_return source;
}

// Ends the instances of the same repository with other credentials, unless somebody still uses them.
asio::awaitable<void> SourcePool::end_replaced(const GitRepository& repository, const std::string& but) {
  std::vector<std::shared_ptr<SourceInstance>> unused;
  std::erase_if(entries_, [&](auto& entry) {
    auto& [digest, known] = entry;
    if (digest == but || known.repository != repository || known.source.use_count() > 1) return false;
    unused.push_back(std::move(known.source));
    return true;
  });
  for (const auto& source : unused)
    (void)co_await source->end();  // Its calls are over, so a failure of destroy harms nobody.
}

Async<void> SourcePool::end() {
  Result<void> first;
  std::map<std::string, Entry> all = std::move(entries_);
  entries_.clear();
  for (auto& [digest, entry] : all) {
    auto ended = co_await entry.source->end();
    if (first && !ended) first = std::move(ended);
  }
  co_return first;
}

}  // namespace stoker::host
