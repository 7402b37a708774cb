#include "host/commands/sync_by_host.hpp"

#include "host/base/printable.hpp"
#include "host/commands/gateways_of_sync.hpp"
#include "host/commands/host_client.hpp"
#include "host/commands/object_fields.hpp"
#include "host/commands/printed_reports.hpp"
#include "host/commands/shown_wait.hpp"
#include "host/commands/stored_reports.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

namespace stoker::host {
namespace {

namespace json = boost::json;

const Kind& syncs() { return *kind_named("gatewaysync"); }
const Kind& targets() { return *kind_named("synctarget"); }

// Of this call, and of no other.
std::string unique_text() {
  using namespace std::chrono;
  const auto ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  return std::to_string(ms) + "-" + std::to_string(::getpid());
}

// What came of it.
struct Answered {
  std::vector<Report> reports;
  std::vector<Report> late;    // of those that the host did not answer in time
  std::optional<Error> ended;  // nothing more can be asked
  Answered() = default;
};

class Question {
 public:
  Question(ObjectClient client, const SyncOptions& options, std::ostream& err)
      : client_(std::move(client)),
        options_(options),
        err_(err),
        waiting_(client_, options, err),
        text_(unique_text()),
        until_(std::chrono::steady_clock::now() + options.longest) {}

  Result<Answered> ask() {
    auto known = client_.list(targets(), {});
    if (!known) return std::move(known).error();
    auto asked = syncs_to_ask(known->items);
    if (!asked) return std::move(asked).error();
    known_ = std::move(known->items);
    remember(*asked);
    std::vector<json::value> written;
    for (const json::value& sync : *asked) {
      const json::array* gateways = gateways_in(sync);
      if (gateways && gateways->empty() && names_of(sync).empty()) continue;  // nobody waits for it
      if (!why_unusable(sync).empty()) {
        written.push_back(sync);
        continue;
      }
      auto wished = write_wish(sync);
      if (!wished) return std::move(wished).error();
      written.push_back(std::move(*wished));
    }
    for (const json::value& sync : written)
      if (!answered_.ended) take_sync(sync);
    waiting_.end();
    for (const std::string& name : plans_of_others_)
      err_ << "stoker: " << printable(name, 256)
           << ": somebody else asked for a plan after this; it is the one that is shown\n";
    return std::move(answered_);
  }

 private:
  static bool is_of(const json::value& target, const json::value& sync) {
    return text_at(target, "/spec/sync") == name_in(sync) && name_space_in(target) == name_space_in(sync);
  }

  // All, or that of the target. A target that the host has not assigned anything yet has no object; its Sync knows it.
  Result<std::vector<json::value>> syncs_to_ask(const std::vector<json::value>& known) {
    auto all = client_.list(syncs(), {});
    if (!all) return std::move(all).error();
    if (options_.target.empty()) return std::move(all->items);
    std::vector<json::value> found;
    for (const json::value& sync : all->items)
      if (gateway_in(sync, options_.target)) found.push_back(sync);
    if (!found.empty()) return found;
    for (const json::value& sync : all->items)
      for (const json::value& target : known)
        if (name_in(target) == options_.target && is_of(target, sync)) found.push_back(sync);
    if (!found.empty()) return found;
    return Error(errc::not_found, "there is no target " + printable(options_.target, 256), "object.not-found");
  }

  // As it was before the wish: only what comes after it answers it.
  void remember(const std::vector<json::value>& asked) {
    plans_.insert("");
    for (const json::value& target : known_) {
      tokens_[key_of(target)] = number_at(target, "/spec/token").value_or(0);
      plans_.insert(text_at(target, "/spec/plan/asked"));
    }
    for (const json::value& sync : asked) plans_.insert(annotation_in(sync, "stoker.io/plan-at"));
  }
  static std::string key_of(const json::value& object) { return name_space_in(object) + "/" + name_in(object); }

  Result<json::value> write_wish(const json::value& sync) {
    json::object annotations;
    annotations[options_.dry_run ? "stoker.io/plan-at" : "stoker.io/look-at"] = text_;
    if (options_.repair && !options_.dry_run) annotations["stoker.io/repair"] = text_;
    const json::object patch{{"metadata", {{"annotations", std::move(annotations)}}}};
    return client_.patch(syncs(), name_space_in(sync), name_in(sync), json::serialize(patch));
  }

  void take_sync(const json::value& sync) {
    const bool waits = !options_.dry_run && why_unusable(sync).empty();
    auto seen = waits ? wait_for_look(sync) : Result<json::value>(sync);
    if (!seen && !is_of_one(seen.error())) answered_.ended = seen.error();
    if (!seen) return take_failure(sync, Stage::resolve, seen.error());
    const std::string why = why_unusable(*seen);
    if (!why.empty()) return take_failure(*seen, Stage::resolve, error_in_words(errc::invalid, why));
    take_targets(*seen);
  }

  // A later wish of somebody else takes the place of ours, and its answer is one to ours.
  bool is_answered(const json::value& sync) const {
    const std::string answered = text_at(sync, "/status/observedLook");
    const std::string newest = annotation_in(sync, "stoker.io/look-at");
    return answered == text_ || (newest != text_ && !newest.empty() && answered == newest);
  }

  Result<json::value> wait_for_look(const json::value& sync) {
    waiting_.is_for("the look at " + name_in(sync));
    return wait(syncs(), name_space_in(sync), name_in(sync), false,
                [this](const json::value& now) { return !why_unusable(now).empty() || is_answered(now); });
  }

  // The whole Sync failed, and so did each of its targets.
  void take_failure(const json::value& sync, Stage stage, const Error& why) {
    std::set<std::string> names = names_of(sync);
    if (!options_.target.empty()) names = {options_.target};
    if (names.empty()) names.emplace();
    for (const std::string& name : names) take_error(failed_report(name, sync, stage, why));
  }
  // Its targets, as far as they are known.
  std::set<std::string> names_of(const json::value& sync) const {
    std::set<std::string> all;
    for (const json::value& target : known_)
      if (is_of(target, sync)) all.insert(name_in(target));
    const json::array* gateways = gateways_in(sync);
    if (gateways) all.clear();
    for (std::size_t i = 0; gateways && i < gateways->size(); ++i) all.insert(text_at((*gateways)[i], "/name"));
    return all;
  }
  // The others may still be asked.
  static bool is_of_one(const Error& why) { return why.code == late_code || why.code == removed_code; }
  void take_error(Report report) {
    const bool is_late = report.error && report.error->code == late_code;
    (is_late ? answered_.late : answered_.reports).push_back(std::move(report));
  }

  void take_targets(const json::value& sync) {
    auto of_sync = client_.list(targets(), Selection{name_space_in(sync), "stoker.io/sync=" + name_in(sync), {}});
    if (!of_sync) {
      answered_.ended = std::move(of_sync).error();
      return;
    }
    const json::array* gateways = gateways_in(sync);
    std::set<std::string> with_object;
    for (const json::value& target : of_sync->items) {
      const std::string name = name_in(target);
      with_object.insert(name);
      // Of an object that is left from a target which is no more, nobody writes anything.
      const bool is_left = gateways && gateways->size() < gateways_max && !gateway_in(sync, name);
      if (!is_left) take_target(sync, name, &target);
    }
    if (!gateways) return;
    for (const json::value& gateway : *gateways)
      if (const std::string name = text_at(gateway, "/name"); !with_object.contains(name))
        take_target(sync, name, nullptr);
  }

  // `object`: null when nothing was ever assigned to it.
  void take_target(const json::value& sync, const std::string& name, const json::value* object) {
    if (answered_.ended || (!options_.target.empty() && name != options_.target)) return;
    auto at_once = report_at_once(sync, name, object);
    if (at_once) return answered_.reports.push_back(std::move(*at_once));
    waiting_.is_for(name);
    bool of_other = false;
    const std::int64_t before = token_before(sync, name);
    auto seen = wait(targets(), name_space_in(sync), name, !object,
                     [&](const json::value& now) { return is_done(now, before, of_other) || cannot_run(now, before); });
    if (seen && !is_done(*seen, before, of_other)) {
      Error why = error_in_words(errc::unreachable, why_not_open(*seen));
      why.retryable = true;
      return answered_.reports.push_back(failed_report(name, sync, Stage::recover, std::move(why)));
    }
    if (seen) {
      if (of_other) plans_of_others_.push_back(name);
      return answered_.reports.push_back(options_.dry_run ? report_at(*seen, "/status/plan") : last_report(*seen));
    }
    const Error& why = seen.error();
    if (!is_of_one(why)) answered_.ended = why;
    take_error(failed_report(name, sync, Stage::observe, why));
  }

  std::int64_t token_before(const json::value& sync, const std::string& name) const {
    const auto found = tokens_.find(name_space_in(sync) + "/" + name);
    return found == tokens_.end() ? -1 : found->second;
  }

  // Of a target that gets no Run, so that nothing has to be waited for.
  std::optional<Report> report_at_once(const json::value& sync, const std::string& name, const json::value* object) {
    if (text_at(sync, "/status/refResolutionStatus") == "Error" && (!options_.dry_run || !object))
      return unresolved(name, sync);
    if (std::string why = trouble_of(sync, name); !why.empty())
      return failed_report(name, sync, Stage::resolve, error_in_words(errc::invalid, std::move(why)));
    const json::value* gateway = gateway_in(sync, name);
    const std::string state = gateway ? text_at(*gateway, "/syncStatus") : std::string();
    const bool is_assigned =
        object && (options_.dry_run || number_at(*object, "/spec/token").value_or(0) > token_before(sync, name));
    if (state == "Error" && !is_assigned) {
      std::string why = text_at(*gateway, "/message");
      if (why.empty()) why = "nothing new is assigned to it";
      return failed_report(name, sync, Stage::resolve, error_in_words(errc::invalid, std::move(why)));
    }
    if (object) return std::nullopt;
    if (std::string why = pause_of(sync, name); !why.empty()) return held_report(name, sync, "paused", std::move(why));
    if (state == "MissingSidecar") return held_report(name, sync, "sidecar", "its pod has no sidecar");
    return std::nullopt;
  }

  bool is_done(const json::value& target, std::int64_t before, bool& of_other) const {
    if (options_.dry_run) {
      const std::string answered = text_at(target, "/status/plan/asked");
      of_other = answered != text_ && !plans_.contains(answered) && answered == text_at(target, "/spec/plan/asked");
      return answered == text_ || of_other;
    }
    const auto observed = number_at(target, "/status/observedToken");
    const std::int64_t token = number_at(target, "/spec/token").value_or(0);
    const bool waits =
        !text_at(target, "/spec/waiting/asked").empty() && text_at(target, "/spec/waiting/problem").empty();
    return token > before && observed && *observed >= token && !waits;
  }

  // What we asked for has reached it, and the host cannot open it.
  bool cannot_run(const json::value& target, std::int64_t before) const {
    const bool is_asked = options_.dry_run ? !plans_.contains(text_at(target, "/spec/plan/asked"))
                                           : number_at(target, "/spec/token").value_or(0) > before;
    return is_asked && !why_not_open(target).empty();
  }

  // The object as it is when `done` says so. `is_new`: it need not be there yet.
  template <class Done>
  Result<json::value> wait(const Kind& kind, const std::string& name_space, const std::string& name, bool is_new,
                           Done done) {
    auto seen = client_.get(kind, name_space, name);
    bool gone = !is_new && !seen && seen.error() == errc::not_found;
    if (seen ? done(*seen) : !gone && seen.error() != errc::not_found) return seen;
    const auto told = [&](std::string_view type, const json::value& now) {
      gone = type == "DELETED";
      seen = now;
      return !gone && !done(now);
    };
    Result<void> ended;
    if (!gone)
      ended = client_.follow(kind, Selection{name_space, {}, "metadata.name=" + name}, Following(until_), told);
    if (!ended && ended.error() == errc::timeout)
      return Error(errc::timeout,
                   kind.singular + " " + name + ": the host has not answered within " +
                       std::to_string(options_.longest.count()) + " s; what it does goes on",
                   late_code);
    if (!ended) return std::move(ended).error();
    if (gone) return Error(errc::not_found, kind.singular + " " + name + " was removed", removed_code);
    return seen;
  }

  static constexpr const char* late_code = "host.timeout";
  static constexpr const char* removed_code = "object.not-found";
  static constexpr std::size_t gateways_max = 100;  // that a Sync names

  ObjectClient client_;
  const SyncOptions& options_;
  std::ostream& err_;
  ShownWait waiting_;
  const std::string text_;
  const ObjectClient::Time until_;
  std::map<std::string, std::int64_t> tokens_;  // of the targets before the wish, by namespace and name
  std::vector<json::value> known_;              // all targets that had an object then
  std::set<std::string> plans_;                 // texts of wishes before ours
  std::vector<std::string> plans_of_others_;    // targets whose plan somebody else asked for
  Answered answered_;
};

int exit_code_of(const Answered& answered) {
  const int code = exit_code_of(answered.reports);
  if (code == exit_failed) return code;
  if (!answered.late.empty()) return exit_timeout;
  return code;
}

}  // namespace

std::optional<int> sync_by_host(const SyncOptions& options, std::ostream& out, std::ostream& err) {
  const auto socket = options.socket.empty() ? socket_of_config(options.config) : Result(options.socket);
  if (!socket) return std::nullopt;  // whoever reads the whole file says what is wrong with it
  ObjectClient client(*socket);
  const auto runs = client.ask_health();
  if (!runs && runs.error().code == host_not_running && options.socket.empty()) return std::nullopt;
  if (!runs) return say_refusal(runs.error(), err);
  if (options.dry_run && options.repair)
    return say_refusal(Error(errc::invalid, "--repair changes gateways and --dry-run does not: name one of them"), err);
  auto answered = Question(std::move(client), options, err).ask();
  if (!answered) return say_refusal(answered.error(), err);
  print_reports(answered->reports, options, out);
  print_reports(answered->late, options, out);
  if (answered->ended) {
    const int code = say_refusal(*answered->ended, err);
    return exit_code_of(answered->reports) == exit_failed ? exit_failed : code;
  }
  if (!answered->reports.empty() || !answered->late.empty()) return exit_code_of(*answered);
  err << "stoker: no target was run: "
      << (options.target.empty() ? "nothing is assigned" : "there is no target " + printable(options.target, 256))
      << "\n";
  return exit_bad_usage;
}

}  // namespace stoker::host
