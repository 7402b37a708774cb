#include "host/agent/examination.hpp"

#include "host/agent/connects.hpp"
#include "host/agent/data_folder.hpp"
#include "host/base/file.hpp"
#include "host/values/briefing.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

namespace {

using std::chrono::seconds;

constexpr seconds disk_deadline{30}, resolve_deadline{60}, diagnose_deadline{60}, connect_deadline{10};
constexpr std::chrono::minutes probe_deadline{10};

using NamedSecrets = std::vector<std::pair<std::string, SecretRef>>;

// Of the target's gateway and of its repository.
NamedSecrets secrets_of(const TargetConfig& target, const SyncSpec* sync) {
  NamedSecrets all;
  const auto put = [&all](const char* name, const std::optional<SecretRef>& ref) {
    if (ref) all.emplace_back(name, *ref);
  };
  if (target.gateway) {
    put("gateway.apiKey", target.gateway->api_key);
    put("gateway.ca", target.gateway->ca);
  }
  if (!sync) return all;
  const GitAuth& auth = sync->source.auth;
  put("git token", auth.token);
  put("git SSH key", auth.ssh_key);
  put("git passphrase", auth.passphrase);
  put("git known hosts", auth.known_hosts);
  if (auth.github_app) all.emplace_back("GitHub App key", auth.github_app->private_key);
  return all;
}

// [worker]
Check check_secrets(const NamedSecrets& secrets, const TargetConfig& target, const std::filesystem::path& state) {
  std::string good, bad;
  if (target.gateway && target.gateway->ca_file)
    if (auto read = read_file(*target.gateway->ca_file, secret_bytes_max); !read)
      bad = "gateway.caFile: " + read.error().message;
  for (const auto& [name, ref] : secrets) {
    const auto read = read_secret(state, ref);
    std::string& list = read ? good : bad;
    list += (list.empty() ? "" : ", ") + (read ? name : name + ": " + read.error().message);
  }
  if (!bad.empty()) return {"secrets", bad, "put the text there as a file of its own, mode 600", Check::Status::fail};
  return {"secrets", good.empty() ? "none is used" : good + " can be read", {}, Check::Status::ok};
}

// Of a call that failed: the error as a failed check.
Check failed(std::string name, const Error& error, std::string remedy = {}) {
  return {std::move(name), error.message, std::move(remedy), Check::Status::fail};
}

}  // namespace

Examination::Examination(const AgentParts& parts, const TargetConfig& target, const Syncs& syncs, std::stop_token stop)
    : parts_(parts), target_(target), stop_(std::move(stop)) {
  files_are_good_ = syncs.errors.empty();
  const auto sync = syncs.good.find(target.sync);
  if (sync == syncs.good.end()) return;
  sync_ = &sync->second;
  const auto profile = sync_->profiles.find(target.profile);
  if (profile != sync_->profiles.end()) profile_ = &profile->second.profile;
}

void Examination::add(const char* name, Check::Status status, std::string text, std::string remedy) {
  add(Check{name, std::move(text), std::move(remedy), status});
}

asio::awaitable<std::vector<Finding>> Examination::look() {
  check_sync();
  co_await check_ref();
  co_await check_files();
  co_await ask_verifiers(false);
  co_return std::move(findings_);
}

asio::awaitable<std::vector<Finding>> Examination::probe() {
  auto own = [data = target_.data](const CallState&) -> Result<std::shared_ptr<TargetMemory>> {
    auto opened = TargetMemory::open(data);
    if (!opened) return std::move(opened).error();
    return std::make_shared<TargetMemory>(std::move(opened).value());
  };
  std::string what = target_.name + ": memory";
  const CallLimits limits(disk_deadline);
  auto owned = co_await parts_.workers.call<std::shared_ptr<TargetMemory>>(std::move(what), limits, std::move(own));
  if (!owned)
    add(failed("opened by", owned.error(),
               owned.error() == errc::conflict
                   ? "stop the process that has the target open; a Run would disturb the probe"
                   : ""));
  else
    co_await ask_verifiers(true);
  co_return std::move(findings_);
}

// ---------------------------------------------------------------- what the host knows

void Examination::check_sync() {
  if (!sync_ && files_are_good_)
    return add(
        "Sync", Check::Status::warn,
        "no file has Sync " + target_.sync + "; whether `stoker apply` made it was not looked at",
        "stoker get gs " + target_.sync + " asks the host that runs; else apply it, or correct sync of the target");
  if (!sync_)
    return add("Sync", Check::Status::fail, "Sync " + target_.sync + " is not there, or its file has a mistake",
               "correct its file in " + parts_.config.syncs.string() + ", or sync of the target");
  if (!profile_)
    return add("Sync", Check::Status::fail,
               sync_->file + ": Sync " + sync_->name + " has no profile " + target_.profile,
               "correct profile of the target, or add the profile");
  const SyncProfile& profile = sync_->profiles.at(target_.profile);
  const std::string text = sync_->name + ", profile " + target_.profile + ", from " + sync_->file;
  if (sync_->paused || profile.paused)
    return add("Sync", Check::Status::warn, text + ": paused", "set paused: false when Runs are wanted again");
  add("Sync", Check::Status::ok, text);
}

asio::awaitable<void> Examination::check_ref() {
  if (!sync_) {
    add("ref", Check::Status::skipped, "no file has the Sync that names one");
    co_return;
  }
  auto source = co_await parts_.sources.get(sync_->source);
  if (!source) {
    add(failed("ref", source.error()));
    co_return;
  }
  const CallLimits limits(resolve_deadline, stop_);
  std::vector<std::string> refs{sync_->ref};
  auto answer = co_await (*source)->resolve(limits, std::move(refs));
  if (!answer) {
    add(failed("ref", answer.error(), "the repository has to answer before anything new is delivered"));
  } else if (answer->refs.empty() || answer->refs.front().revision.empty()) {
    const std::string why = answer->refs.empty() ? std::string() : answer->refs.front().why.problem;
    add("ref", Check::Status::fail, why.empty() ? "there is no ref " + sync_->ref + " in the repository" : why,
        "correct spec.git.ref, or push the ref");
  } else {
    add("ref", Check::Status::ok, sync_->ref + " is " + answer->refs.front().revision);
  }
}

asio::awaitable<void> Examination::check_files() {
  std::vector<std::string> destinations;
  if (profile_)
    for (const Mapping& mapping : profile_->mappings) destinations.push_back(mapping.destination);
  auto look = [secrets = secrets_of(target_, sync_), state = parts_.config.state, target = target_,
               destinations = std::move(destinations)](const CallState&) -> Result<std::vector<Check>> {
    std::vector<Check> checks{check_secrets(secrets, target, state)};
    for (Check& check : check_data_folder(target.data, destinations)) checks.push_back(std::move(check));
    return checks;
  };
  std::string what = target_.name + ": data folder";
  const CallLimits limits(disk_deadline);
  auto checks = co_await parts_.workers.call<std::vector<Check>>(std::move(what), limits, std::move(look));
  if (!checks) co_return add(failed("data folder", checks.error(), "look at the disk: it does not answer in time"));
  for (Check& check : *checks) add(std::move(check));
}

// ---------------------------------------------------------------- what the verifiers say

asio::awaitable<void> Examination::ask_verifiers(bool probing) {
  auto each = co_await make_each_verifier(parts_, target_);
  if (!each)
    co_return add("verifiers", Check::Status::skipped,
                  "none was made, so nobody asks the gateway: " + each.error().message);
  for (MadeVerifier& verifier : *each) {
    if (!verifier.made) {
      findings_.emplace_back(verifier.module, failed("made", verifier.made.error()));
      continue;
    }
    VerifierInstance& instance = **verifier.made;
    if (probing ? instance.probes() : instance.diagnoses()) co_await ask(instance, probing);
    auto ended = co_await instance.end();
    if (!ended) findings_.emplace_back(verifier.module, failed("ended", ended.error()));
  }
}

asio::awaitable<void> Examination::ask(VerifierInstance& verifier, bool probing) {
  Briefing briefing;
  briefing.assignment = known_of(target_);
  if (profile_) briefing.assignment.profile = *profile_;
  const std::string document = document_of(briefing);
  const CallLimits limits(probing ? std::chrono::milliseconds(probe_deadline) : diagnose_deadline, stop_);
  Result<std::vector<Check>> checks;
  if (probing)
    checks = co_await verifier.probe(limits, document);
  else
    checks = co_await verifier.diagnose(limits, document);
  if (!checks) {
    findings_.emplace_back(verifier.module_name(), failed(probing ? "probe" : "diagnose", checks.error()));
    co_return;
  }
  for (Check& check : *checks) findings_.emplace_back(verifier.module_name(), std::move(check));
}

// ---------------------------------------------------------------- what all targets share

namespace {

// Where a receiver listens, by the setting `url`; it may hold a secret, so no check shows it. [worker]
Check check_receiver(const std::string& settings) {
  constexpr const char* name = "receiver";
  boost::system::error_code unreadable;
  const json::value document = json::parse(settings, unreadable);
  const json::object* object = document.if_object();
  const json::value* url = object ? object->if_contains("url") : nullptr;
  if (unreadable || !url || !url->is_string())
    return {name,
            "its settings have no url, so only a notice would show whether it can be reached",
            {},
            Check::Status::skipped};
  if (auto connected = connects(std::string(url->get_string()), connect_deadline); !connected)
    return {name, "its address: " + connected.error().message, "correct url, or look at the network between",
            Check::Status::fail};
  return {name, "its address takes connections; no notice was sent", {}, Check::Status::ok};
}

// [worker]
std::vector<Finding> check_settings(const ModuleFactory& factory, const std::vector<ModuleConfig>& modules,
                                    const std::vector<std::string>& notifiers) {
  std::vector<Finding> findings;
  for (const ModuleConfig& module : modules) {
    if (!module.enabled || !factory.loaded(module)) continue;
    const auto settings = factory.settings_of(module);
    if (!settings) {
      findings.emplace_back(module.name, failed("settings", settings.error()));
      continue;
    }
    if (std::find(notifiers.begin(), notifiers.end(), module.name) != notifiers.end())
      findings.emplace_back(module.name, check_receiver(*settings));
  }
  return findings;
}

}  // namespace

asio::awaitable<std::vector<Finding>> examine_modules(const AgentParts& parts, std::stop_token stop) {
  std::vector<std::string> notifiers;
  for (const ModuleConfig* module : parts.factory.of_kind(STOKER_NOTIFIER_ID)) notifiers.push_back(module->name);
  auto look = [&factory = parts.factory, modules = parts.config.modules,
               notifiers](const CallState&) -> Result<std::vector<Finding>> {
    return check_settings(factory, modules, notifiers);
  };
  const CallLimits limits(disk_deadline + connect_deadline * static_cast<int>(notifiers.size()), stop);
  auto findings = co_await parts.workers.call<std::vector<Finding>>("modules", limits, std::move(look));
  if (findings) co_return std::move(findings).value();
  std::vector<Finding> only;
  only.emplace_back("stoker", failed("modules", findings.error()));
  co_return only;
}

}  // namespace stoker::host
