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
Result<std::string> use_of_repository(const SourceSpec& git, const std::filesystem::path& state) {
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

// Of a source that is not git: what the Sync says to it.
Result<std::string> use_of_settings(const std::string& use_schema, const SourceSpec& source,
                                    const std::filesystem::path& state) {
  boost::system::error_code unreadable;
  const json::value use = json::parse(use_schema, unreadable);
  const json::value* schema = unreadable ? nullptr : use.find_pointer("/properties/source", unreadable);
  auto settings = resolve_secrets(schema ? json::serialize(*schema) : "", source.settings, state);
  if (!settings) return std::move(settings).error().in("spec.source.settings");
  return "{\"source\":" + *settings + "}";
}

}  // namespace

// The module that reads this source.
Result<const ModuleConfig*> SourcePool::module_of(const SourceSpec& source) const {
  const std::vector<const ModuleConfig*> modules = factory_.of_kind(STOKER_SOURCE_ID);
  if (modules.empty()) return Error(errc::invalid, "no source module is enabled", "config.modules");
  if (source.module.empty() && modules.size() == 1) return modules.front();
  std::string names;
  for (const ModuleConfig* module : modules) {
    if (module->name == source.module) return module;
    names += (names.empty() ? "" : ", ") + module->name;
  }
  if (source.module.empty())
    return Error(errc::invalid, "several sources are enabled; write one of " + names + " into spec.source.module",
                 "config.source");
  return Error(errc::not_found,
               "the source module " + source.module + " is not enabled; enable it, or write one of " + names +
                   " into spec.source.module",
               "config.source");
}

Async<std::shared_ptr<SourceInstance>> SourcePool::get(SourceSpec repository) {
  auto chosen = module_of(repository);
  if (!chosen) co_return std::move(chosen).error();
  const ModuleConfig& module = **chosen;
  auto read = [repository, schema = factory_.use_schema(module), state = config_.state](const CallState&) {
    return repository.settings.empty() ? use_of_repository(repository, state)
                                       : use_of_settings(schema, repository, state);
  };
  std::string what = "secrets of " + module.name;
  const CallLimits limits(secrets_deadline);
  auto use = co_await workers_.call<std::string>(std::move(what), limits, std::move(read));
  if (!use) co_return std::move(use).error();
  const std::string digest = sha256_hex(module.name + "\n" + *use);
  if (const auto known = entries_.find(digest); known != entries_.end()) co_return known->second.source;

  auto made = co_await factory_.source(workers_, module, std::move(use).value());
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
asio::awaitable<void> SourcePool::end_replaced(const SourceSpec& repository, const std::string& but) {
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
