#include "fleet.hpp"

#include "program.hpp"

#include "host/api/own_socket.hpp"
#include "host/loading/installed.hpp"

#include <boost/json.hpp>

#include <future>
#include <iostream>
#include <stdexcept>

namespace bench {

namespace fs = std::filesystem;
namespace json = boost::json;
namespace asio = host::asio;
using stoker::Result;

namespace {

host::LogSettings quiet(const host::Clock& clock) {
  host::LogSettings settings;
  settings.level = host::Severity::warning;
  settings.clock = &clock;
  return settings;
}

host::ModuleConfig module_of(const std::string& name, const std::string& settings) {
  host::ModuleConfig module;
  module.name = module.plugin = name;
  module.settings = settings;
  return module;
}

std::string numbered(const std::string& name, std::size_t number) {
  const std::string digits = std::to_string(number);
  return name + "-" + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits;
}

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

bool says_all_synced(const std::string& document, const std::string& revision) {
  const json::value whole = json::parse(document);
  boost::system::error_code none;
  const json::value* commit = whole.find_pointer("/status/lastSyncCommit", none);
  const json::value* conditions = whole.find_pointer("/status/conditions", none);
  if (!commit || *commit != json::value(revision) || !conditions) return false;
  for (const json::value& each : conditions->as_array())
    if (each.at("type") == "AllGatewaysSynced") return each.at("status") == "True";
  return false;
}

}  // namespace

host::Config Fleet::config_of(const fs::path& room, FleetSize size) {
  host::Config config;
  config.state = room / "state";
  fs::create_directories(config.state);
  config.modules = {module_of("platform-local", "{}"), module_of("source-git", R"({"allowFile": true})"),
                    module_of("trigger-poll", "{}")};
  for (std::size_t sync = 0; sync < size.syncs; ++sync)
    for (std::size_t i = 0; i < size.targets_of_sync; ++i) {
      host::TargetConfig& target = config.targets.emplace_back();
      target.name = target_name(sync, i);
      target.sync = sync_name(sync);
      target.profile = "line";
      target.verify = false;
    }
  return config;
}

Fleet::Fleet(fs::path room, FleetSize size)
    : room_(std::move(room)),
      size_(size),
      newest_(size.repositories),
      log_(quiet(clock_)),
      config_(config_of(room_, size)),
      modules_(config_, host::Services{log_, clock_, metrics_, kinds_.table()}),
      workers_(loop_.get_executor(), 8),
      targets_(config_.targets),
      sources_(workers_, modules_, config_),
      objects_(workers_, modules_, host::Services{log_, clock_, metrics_, kinds_.table()}),
      exchange_(objects_, loop_.get_executor(), clock_, log_.module("bench"),
                [](const host::Report&) -> asio::awaitable<void> { co_return; }),
      controller_(host::ControllerParts{loop_.get_executor(),
                                        config_,
                                        {log_, clock_, metrics_, kinds_.table()},
                                        workers_,
                                        modules_,
                                        sources_,
                                        objects_,
                                        exchange_,
                                        targets_}),
      agents_(exchange_, targets_, loop_.get_executor(), clock_, log_.module("bench")),
      parts_(loop_.get_executor(), log_.module("bench")) {
  const auto installed = host::installed_plugins({STOKER_PLUGIN_DIR}, {}, std::cerr);
  for (const stoker::Error& failure : modules_.load(installed)) throw std::runtime_error(failure.message);
  for (std::size_t i = 0; i < size_.repositories; ++i)
    run_to_end({"git", "init", "-q", "-b", "main", repository_of(i).string()});
  push();
  thread_ = std::thread([this] { loop_.run(); });
  value_of(await(objects_.open()));
  value_of(await(exchange_.open(false)));
}

Fleet::~Fleet() {
  stop_.request_stop();
  on_loop([this] {
    agents_.stop();
    if (server_) server_->stop();
  });
  await(parts_.all());
  await(agents_.all());
  await(controller_.end());
  on_loop([this] { exchange_.end(); });
  server_.reset();
  (void)await(objects_.end());
  (void)await(sources_.end());
  busy_.reset();
  thread_.join();
}

std::string Fleet::sync_name(std::size_t sync) { return numbered("line", sync); }
std::string Fleet::target_name(std::size_t sync, std::size_t target) {
  return numbered("press", sync) + "-" + std::to_string(target);
}
fs::path Fleet::repository_of(std::size_t sync) const {
  return room_ / numbered("repository", sync % size_.repositories);
}
fs::path Fleet::socket() const { return host::socket_in(config_.state); }

std::string Fleet::document_of(std::size_t sync) const {
  return json::serialize(json::object{
      {"apiVersion", "stoker.io/v1alpha1"},
      {"kind", "GatewaySync"},
      {"metadata", {{"name", sync_name(sync)}, {"namespace", "default"}}},
      {"spec",
       {{"git", {{"repo", "file://" + repository_of(sync).string()}, {"ref", "main"}}},
        {"polling", {{"interval", "1h"}}},
        {"sync",
         {{"profiles",
           {{"line", {{"mappings", json::array{{{"source", "projects"}, {"destination", "projects"}}}}}}}}}}}}});
}

host::Async<void> Fleet::insert_all() {
  for (std::size_t sync = 0; sync < size_.syncs; ++sync) {
    auto written = co_await objects_.insert(host::resource::gateway_syncs, document_of(sync), "bench");
    if (!written) co_return std::move(written).error();
  }
  co_return Result<void>();
}

void Fleet::add_syncs() { value_of(await(insert_all())); }

void Fleet::start() {
  host::ObjectServerParts parts{loop_.get_executor(), objects_, workers_, log_.module("bench")};
  server_ = value_of(host::ObjectServer::listen(std::move(parts), socket()));
  value_of(await(controller_.open(host::Controller::Opening::to_serve)));
  on_loop([this] {
    parts_.spawn("objects", objects_.work(stop_.get_token()));
    parts_.spawn("socket", server_->serve());
    parts_.spawn("exchange", exchange_.work(stop_.get_token()));
    parts_.spawn("controller", controller_.work({}, stop_.get_token()));
  });
}

void Fleet::push() {
  for (std::size_t i = 0; i < size_.repositories; ++i) {
    const std::string folder = repository_of(i).string();
    run_to_end({"git", "-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q",
                "--allow-empty", "-m", "one more"});
    newest_[i] = run_to_end({"git", "-C", folder, "rev-parse", "HEAD"}).out;
    newest_[i].pop_back();
  }
}

void Fleet::look(bool is_urgent) {
  stoker::Hint all;  // without a Sync: each
  all.reason = is_urgent ? "person" : "poll";
  all.urgent = is_urgent;
  on_loop([&] { controller_.hint(all); });
}

void Fleet::pause(std::size_t sync, bool paused) {
  const stoker::ObjectKey key{host::resource::gateway_syncs, "default", sync_name(sync)};
  const std::string patch = paused ? R"({"spec": {"paused": true}})" : R"({"spec": {"paused": false}})";
  value_of(await(objects_.patch(key, stoker::Part::spec, patch, "bench")));
}

bool Fleet::is_assigned() {
  return on_loop([this] {
    for (std::size_t sync = 0; sync < size_.syncs; ++sync)
      for (std::size_t i = 0; i < size_.targets_of_sync; ++i) {
        const host::TargetRecord* record = exchange_.known(target_name(sync, i));
        if (!record || !record->assignment || record->assignment->revision != newest_[sync % size_.repositories])
          return false;
      }
    return true;
  });
}

bool Fleet::is_synced() {
  if (!is_assigned()) return false;
  const auto listed = value_of(await(objects_.list(host::ObjectQuery(host::resource::gateway_syncs))));
  for (std::size_t sync = 0; sync < size_.syncs; ++sync)  // they come in the order of their names
    if (!says_all_synced(listed.objects.at(sync).document, newest_[sync % size_.repositories])) return false;
  return true;
}

std::uint64_t Fleet::listings() const {
  const std::string name = "\nstoker_ref_resolve_duration_seconds_count ", all = metrics_.text();
  const std::size_t at = all.find(name);
  return at == all.npos ? 0 : std::stoull(all.substr(at + name.size()));
}

std::uint64_t Fleet::version() {
  return value_of(await(objects_.list(host::ObjectQuery(host::resource::gateway_syncs, "nobody-has-this")))).version;
}

std::uint64_t Fleet::reports() {
  return on_loop([this] { return agents_.reports(); });
}

std::uint64_t Fleet::database_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(config_.state / "plugins/platform-local"))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

}  // namespace bench
