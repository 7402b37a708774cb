// The list of checks, and one function for each.
#include "diagnosis.hpp"

#include "facts.hpp"
#include "finding.hpp"
#include "key_level.hpp"
#include "own_project.hpp"

#include <charconv>
#include <cstdlib>
#include <ctime>

namespace ignition {

using stoker::Call;
using stoker::Check;
using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr std::int64_t clock_apart_max_s = 5;
constexpr std::size_t named_max = 3;

// A fault's sentence has what to do after its first semicolon.
Check fail_as_said(const std::string& fault) {
  const std::size_t end = fault.find("; ");
  if (end == fault.npos) return fail(fault);
  return fail(fault.substr(0, end), fault.substr(end + 2));
}

// Of a question that not every version answers.
Check unanswered(const Error& error) {
  if (error == errc::not_found) return skipped("this version of the gateway does not say it");
  if (error == errc::denied) return skipped("the key may not ask for it");
  return fail(error.message);
}

std::string first_of(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < named_max; ++i) text += (i ? ", " : "") + all[i];
  return all.size() > named_max ? text + " and " + std::to_string(all.size() - named_max) + " more" : text;
}

bool is_loopback(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  return url.starts_with("127.") || url.starts_with("[::1]") || url == "localhost" || url.starts_with("localhost:") ||
         url.starts_with("localhost/");
}

}  // namespace

const Diagnosis::Item Diagnosis::items[] = {
    {"reachable", Needs::nothing, &Diagnosis::reachable},
    {"TLS", Needs::nothing, &Diagnosis::tls},
    {"redirect", Needs::nothing, &Diagnosis::redirect},
    {"state", Needs::answer, &Diagnosis::state},
    {"data content", Needs::nothing, &Diagnosis::data_content},
    {"key: read", Needs::running, &Diagnosis::key_read},
    {"key: write", Needs::running, &Diagnosis::key_write},
    {"key: level", Needs::nothing, &Diagnosis::key_level},
    {"name", Needs::key, &Diagnosis::gateway_name},
    {"mode", Needs::key, &Diagnosis::mode},
    {"redundancy", Needs::running, &Diagnosis::redundancy},
    {"scan lock", Needs::key, &Diagnosis::scan_lock},
    {"Designers", Needs::key, &Diagnosis::designers},
    {"restart pending", Needs::key, &Diagnosis::restart_pending},
    {"modules", Needs::key, &Diagnosis::modules},
    {"clock", Needs::answer, &Diagnosis::clock},
    {"automatic scans", Needs::key, &Diagnosis::automatic_scans},  // last: it compares with what was read first
};

Result<std::vector<Check>> Diagnosis::make(Call& call) {
  begin(call);
  std::vector<Check> checks;
  for (const Item& item : items) {
    if (call.cancelled()) return Error(errc::cancelled, "cancelled");
    checks.push_back(look_at(call, item));
  }
  return checks;
}

// What several checks need is read once.
void Diagnosis::begin(Call& call) {
  ping_ = parts_.gateway.ask(call, "/StatusPing");
  ping_ms_ = parts_.clock.wall_ms();
  if (auto state = state_said(ping_)) state_ = *state;
  if (state_ != State::running) return;
  if (auto info = parts_.gateway.get(call, "/data/api/v1/gateway-info")) info_ = *std::move(info);
  if (auto scans = parts_.scan.status(call, ScanArea::projects)) scans_ = *scans;
  scans_ms_ = parts_.clock.monotonic_ms();
}

std::string Diagnosis::missing(Needs needs) const {
  if (needs == Needs::nothing) return {};
  if (!ping_ && !state_) return "the gateway was not reached";
  if (needs == Needs::answer) return state_ == State::down ? "the gateway is down" : std::string();
  if (state_ != State::running)
    return state_ ? "the gateway is " + std::string(ignition::name(*state_)) : "its state is not known";
  return needs == Needs::key && !scans_ ? "the key does not let us read" : std::string();
}

// A gateway that answers nothing must not use up the time of the checks that need none.
Check Diagnosis::look_at(Call& call, const Item& item) {
  std::string why = missing(item.needs);
  if (why.empty() && item.needs != Needs::nothing && call.remaining() < request_limit)
    why = "there was no time left for it";
  Check check = why.empty() ? (this->*item.look)(call) : skipped(std::move(why));
  check.name = item.name;
  return check;
}

// ---- the way to the gateway

Check Diagnosis::reachable(Call&) {
  const std::string& url = parts_.gateway.address().url;
  if (ping_) return ok(url + " answers");
  const Error& why = ping_.error();
  if (why.code == code_down)
    return fail(
        "nobody listens at " + url + " (connection refused)",
        "start the gateway, or correct gateway.url; while nobody listens, Runs change files and verify them later");
  if (why.code == "http.dns")
    return fail("the name in " + url + " is not known to this machine", "correct gateway.url, or the name service");
  if (why.code == "http.timeout" || why == errc::timeout)
    return fail(url + " does not answer in time",
                "look at what lies between: a firewall, a proxy, a wrong port; then at the load of the gateway");
  if (why.code == "http.tls" || why.code == code_redirect || why.code == code_commissioning)
    return ok(url + " answers");
  return fail(why.message, "correct gateway.url, or look at the network between");
}

Check Diagnosis::tls(Call&) {
  const std::string& url = parts_.gateway.address().url;
  if (!is_https() && is_loopback(url)) return ok("plain http, which does not leave this machine");
  if (!is_https())
    return warn("plain http: everybody on the way can read the API key",
                "give the gateway a certificate, and use https in gateway.url");
  if (!ping_ && ping_.error().code == "http.tls")
    return fail(
        ping_.error().message,
        "give the certificate of the gateway's authority as gateway.ca or gateway.caFile; the name in gateway.url "
        "has to be one of the certificate's");
  if (!ping_ && ping_.error().code != code_redirect && ping_.error().code != code_commissioning)
    return skipped("the gateway was not reached");
  return ok(std::string("the certificate is verified against ") +
            (parts_.gateway.address().ca.empty() ? "the authorities of this machine" : "the one of the target"));
}

Check Diagnosis::redirect(Call&) {
  if (ping_) return ok("none");
  if (ping_.error().code == code_redirect) return fail_as_said(ping_.error().message);
  if (ping_.error().code == code_commissioning) return ok("none but the gateway's own");
  return skipped("the gateway was not reached");
}

Check Diagnosis::state(Call& call) {
  const std::string& url = parts_.gateway.address().url;
  if (!state_)
    return fail(state_said(ping_).error().message, "is this the address of an Ignition gateway? correct gateway.url");
  switch (*state_) {
    case State::running: break;
    case State::commissioning:
      return fail("the gateway waits to be commissioned; Runs are held", "finish the commissioning at " + url);
    case State::starting: return fail("the gateway is starting; Runs are held", "wait until it runs");
    case State::faulted: return fail("the gateway could not start", "its log (logs/wrapper.log) says why");
    case State::down: return skipped("the gateway is down");
  }
  auto node = parts_.gateway.ask(call, "/system/gwinfo");
  const std::string version = node && node->status == 200 ? gwinfo(node->body).version : std::string();
  return ok("running" + (version.empty() ? "" : ", " + version));
}

// ---- the data folder

Check Diagnosis::data_content(Call&) {
  if (auto fault = parts_.disk.data_folder_fault(state_ == State::running)) return fail_as_said(*fault);
  for (const std::string& project : parts_.disk.entries("projects"))
    if (project.starts_with(own_project_prefix))
      return warn("project " + project + " was left by a probe that was killed",
                  "remove " + (parts_.disk.data() / "projects" / project).string() + " and scan the projects");
  return ok("a data folder of a gateway");
}

// ---- the key

namespace {

Check of_key(const Result<void>& asked, const std::string& may) {
  if (asked) return ok(may);
  const Error& why = asked.error();
  if (why.code == "ignition.unauthorized")
    return fail(
        why.message,
        "gateway.apiKey has to be the whole text <name>:<secret>; a key that came as a file counts after the next "
        "scan of config or start; docs/gateway.md has how to make one");
  if (why == errc::denied) return fail(why.message, key_remedy);
  if (why == errc::incompatible) return fail_as_said(why.message);
  return fail(why.message);
}

}  // namespace

Check Diagnosis::key_read(Call& call) {
  Result<void> asked;
  if (!scans_)
    if (auto status = parts_.scan.status(call, ScanArea::projects); !status) asked = std::move(status).error();
  return of_key(asked, "key '" + parts_.gateway.address().key_name() + "' may read");
}

Check Diagnosis::key_write(Call& call) {
  return of_key(parts_.scan.check_write(call), "key '" + parts_.gateway.address().key_name() + "' may write");
}

Check Diagnosis::key_level(Call&) {
  const auto mode = text_field(info_, "gateway-info", "deploymentMode");
  return check_key_level(parts_.disk, parts_.gateway.address().key_name(), mode && *mode ? **mode : std::string(),
                         is_https());
}

// ---- which gateway it is

Check Diagnosis::gateway_name(Call&) {
  const auto found = text_field(info_, "gateway-info", "name");
  if (!found || !*found) return skipped("the gateway does not say its name");
  if (auto fault = parts_.disk.wrong_gateway(**found)) return fail_as_said(*fault);
  return ok("'" + **found + "'; nothing in the data folder speaks against it");
}

Check Diagnosis::mode(Call&) {
  const auto found = text_field(info_, "gateway-info", "deploymentMode");
  if (!found || !*found) return ok("no deployment mode is active");
  const std::string folder = "config/resources/" + **found;
  if (parts_.disk.has(folder)) return ok("'" + **found + "' is active");
  return warn("mode '" + **found + "' is active, and the data folder has no " + folder,
              "deliver to the collection of the mode that is active, or start the gateway with another mode "
              "(-Dignition.config.mode)");
}

Check Diagnosis::redundancy(Call& call) {
  auto answer = parts_.gateway.ask(call, "/system/gwinfo");
  if (!answer) return unanswered(answer.error());
  const Node node = gwinfo(answer->body);
  if (answer->status != 200) return fail(status_of(*answer, "GET /system/gwinfo"));
  if (node.role == "independent") return ok("no redundant pair");
  const std::string who = node.role + (node.activity.empty() ? "" : ", " + node.activity);
  auto json = parts_.gateway.get(call, "/data/api/v1/redundancy");
  if (!json) return unanswered(json.error());
  auto pair = ignition::redundancy(*json);
  if (!pair) return fail(pair.error().message);
  if (auto fault = pair_fault(node.role, *pair))
    return fail(who + ": " + *fault, "Runs are held until the pair is settled");
  if (!pair->peer_connected)
    return warn(who + "; the other node is not connected", "what is delivered now reaches it when it comes back");
  if (node.role == "backup") return ok(who + "; only what the master does not replicate is delivered here");
  return ok(who + "; what is delivered here is replicated to the backup");
}

// ---- what goes on there

Check Diagnosis::scan_lock(Call& call) {
  for (const ScanArea area : {ScanArea::projects, ScanArea::config}) {
    auto holder = parts_.scan.holder(call, area);
    if (!holder) return unanswered(holder.error());
    if (!*holder) continue;
    return warn("the lock of " + std::string(ignition::name(area)) + " is held by " + (*holder)->actor + " for " +
                    std::to_string((*holder)->remaining_s) + " s more",
                "a Run waits until then; a scan of " + std::string(ignition::name(area)) + " ends the lock at once");
  }
  return ok("nobody holds it");
}

Check Diagnosis::designers(Call& call) {
  auto json = parts_.gateway.get(call, "/data/api/v1/designers?limit=100");
  auto open = json ? ignition::designers(*json) : Result<std::vector<Designer>>(json.error());
  const bool waits = parts_.designer != DesignerPolicy::proceed;
  if (!open && waits)
    return fail("the list cannot be read, and the profile waits for Designers: " + open.error().message, key_remedy);
  if (!open) return unanswered(open.error());
  if (open->empty()) return ok("none is open");
  std::vector<std::string> who;
  for (const Designer& one : *open) who.push_back(one.user + (one.project.empty() ? "" : " on " + one.project));
  if (waits)
    return fail("open: " + first_of(who) + "; Runs are held until they are closed", "ask them to save and close");
  return warn(
      "open: " + first_of(who) + "; Runs go on",
      "a save in a Designer may overwrite what was delivered; designerSessionPolicy: wait holds Runs meanwhile");
}

Check Diagnosis::restart_pending(Call& call) {
  auto json = parts_.gateway.get(call, "/data/api/v1/restart-tasks/pending");
  if (!json) return unanswered(json.error());
  const auto tasks = restart_tasks(*json);
  if (!tasks) return skipped(tasks.error().message);
  if (tasks->empty()) return ok("no");
  return warn(first_of(*tasks) + " wait for a restart", "restart the gateway when its work allows it");
}

Check Diagnosis::modules(Call& call) {
  auto json = parts_.gateway.get(call, "/data/api/v1/modules/quarantined?limit=-1");
  if (!json) return unanswered(json.error());
  const auto found = quarantined(*json);
  if (!found) return skipped(found.error().message);
  if (found->empty()) return ok("none is quarantined");
  return warn("quarantined: " + first_of(*found),
              "look at the modules page of the gateway; its resources are not loaded");
}

Check Diagnosis::clock(Call&) {
  const auto said = ping_ ? http_date(ping_->header("Date")) : std::nullopt;
  if (!said) return skipped("the gateway's answers have no Date");
  const std::int64_t apart_s = *said - ping_ms_ / 1000;
  if (std::abs(apart_s) <= clock_apart_max_s) return ok("not apart from this machine's");
  return warn("the gateway's clock is " + std::to_string(std::abs(apart_s)) + " s " +
                  (apart_s > 0 ? "ahead of" : "behind") + " this machine's",
              "let both take their time from the same server");
}

namespace {

// -Dignition.projects.scanFrequency=10 of the gateway's ignition.conf.
std::string scan_frequency(const OnDisk& disk) {
  constexpr std::string_view setting = "-Dignition.projects.scanFrequency=";
  const std::string text = disk.read("ignition.conf");
  for (std::size_t at = text.find(setting); at != text.npos; at = text.find(setting, at + 1)) {
    const std::size_t line = text.rfind('\n', at) + 1;  // 0 when there is none before
    if (text[text.find_first_not_of(" \t", line)] == '#') continue;
    const std::size_t value = at + setting.size();
    return text.substr(value, text.find_first_not_of("0123456789", value) - value);
  }
  return {};
}

}  // namespace

Check Diagnosis::automatic_scans(Call& call) {
  if (const std::string every_s = scan_frequency(parts_.disk); !every_s.empty())
    return ok("ignition.conf has projects scanned every " + every_s + " s");
  auto now = parts_.scan.status(call, ScanArea::projects);
  if (!now) return unanswered(now.error());
  if (now->last != scans_->last || now->active) return ok("projects were scanned meanwhile, and not for us");
  const std::int64_t looked_ms = parts_.clock.monotonic_ms() - scans_ms_;
  return skipped("none was seen in " + std::to_string(looked_ms) +
                 " ms; ignition.conf says nothing, and `stoker doctor --probe` waits for one");
}

// "Mon, 30 Nov 2026 08:38:22 GMT"
std::optional<std::int64_t> http_date(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t length = 29;
  if (text.size() != length || !text.ends_with(" GMT")) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = -1;
    const auto [end, failure] = std::from_chars(text.data() + at, text.data() + at + digits, value);
    return failure == std::errc() && end == text.data() + at + digits ? value : -1;
  };
  const std::size_t month = months.find(text.substr(8, 3));
  std::tm time{};
  time.tm_mday = number(5, 2);
  time.tm_mon = static_cast<int>(month / 3);
  time.tm_year = number(12, 4) - 1900;
  time.tm_hour = number(17, 2);
  time.tm_min = number(20, 2);
  time.tm_sec = number(23, 2);
  if (month == months.npos || month % 3 != 0 || time.tm_mday < 1 || time.tm_year < 0 || time.tm_hour < 0 ||
      time.tm_min < 0 || time.tm_sec < 0)
    return std::nullopt;
  return timegm(&time);
}

}  // namespace ignition
