#include "host/commands/sync_by_host.hpp"

#include "host/base/json_fields.hpp"
#include "host/base/printable.hpp"
#include "host/commands/host_client.hpp"
#include "host/commands/object_fields.hpp"
#include "host/commands/printed_reports.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <ostream>

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

std::vector<Decision> decisions_in(const json::value& of) {
  std::vector<Decision> all;
  const json::value* list = value_at(of, "/decisions");
  if (!list || !list->is_array()) return all;
  for (const json::value& one : list->get_array()) {
    const std::string verdict = text_at(one, "/verdict");
    Decision decision;
    decision.verdict = verdict == "refuse" ? Decision::Verdict::refuse
                       : verdict == "hold" ? Decision::Verdict::hold
                                           : Decision::Verdict::unhealthy;
    decision.name = text_at(one, "/name");
    decision.reason = text_at(one, "/reason");
    all.push_back(std::move(decision));
  }
  return all;
}

// The Report in the status of a target, or in status.plan.
Report report_at(const json::value& target, const std::string& pointer) {
  const json::value* of = value_at(target, pointer);
  JsonDocument document(of ? json::serialize(*of) : "{}");
  Report report = report_in(document.fields());
  if (of) report.decisions = decisions_in(*of);
  if (report.target.empty()) report.target = name_in(target);
  if (report.sync.empty()) report.sync = text_at(target, "/spec/sync");
  return report;
}

// The last Report. A target that is held by the rollout is assigned nothing new: its Run only finds what stood before.
Report last_report(const json::value& target) {
  Report report = report_at(target, "/status");
  const std::string name = text_at(target, "/spec/hold/name");
  if (name.empty() || report.hold || report.error) return report;
  Hold hold;
  hold.name = name;
  hold.reason = text_at(target, "/spec/hold/reason");
  return report.held(Stage::held, std::move(hold));
}

// Of a target whose Sync cannot be resolved, which therefore has no Run.
Report unresolved(const json::value& target, const json::value& sync) {
  Report report;
  report.target = name_in(target);
  report.sync = name_in(sync);
  const std::string why = condition_in(sync, "RefResolved", "message");
  Error error(errc::unreachable, why.empty() ? "the ref is not resolved" : why);
  error.retryable = why.find("it is tried again") != std::string::npos;
  report.failed(Stage::resolve, std::move(error));
  return report;
}

class Question {
 public:
  Question(ObjectClient client, const SyncOptions& options, std::ostream& err)
      : client_(std::move(client)),
        options_(options),
        err_(err),
        text_(unique_text()),
        until_(std::chrono::steady_clock::now() + options.longest) {}

  Result<std::vector<Report>> ask() {
    auto asked = syncs_to_ask();
    if (!asked) return std::move(asked).error();
    for (const json::value& sync : *asked)
      if (auto written = write_wish(sync); !written) return std::move(written).error();
    std::vector<Report> reports;
    for (const json::value& sync : *asked) {
      auto seen = options_.dry_run ? Result<json::value>(sync) : wait_for_look(sync);
      if (!seen) return std::move(seen).error();
      auto of_targets = reports_of(*seen);
      if (!of_targets) return std::move(of_targets).error();
      std::move(of_targets->begin(), of_targets->end(), std::back_inserter(reports));
    }
    return reports;
  }

 private:
  // All, or that of the target. A target that the host has not assigned anything yet has no object.
  Result<std::vector<json::value>> syncs_to_ask() {
    auto all = client_.list(syncs(), {});
    if (!all) return std::move(all).error();
    if (options_.target.empty()) return std::move(all->items);
    auto known = client_.list(targets(), Selection{{}, {}, "metadata.name=" + options_.target});
    if (!known) return std::move(known).error();
    if (known->items.empty()) return std::move(all->items);
    const json::value& target = known->items.front();
    std::erase_if(all->items, [&](const json::value& sync) {
      return name_in(sync) != text_at(target, "/spec/sync") || name_space_in(sync) != name_space_in(target);
    });
    return std::move(all->items);
  }

  Result<json::value> write_wish(const json::value& sync) {
    json::object annotations;
    annotations[options_.dry_run ? "stoker.io/plan-at" : "stoker.io/look-at"] = text_;
    if (options_.repair) annotations["stoker.io/repair"] = text_;
    const json::object patch{{"metadata", {{"annotations", std::move(annotations)}}}};
    return client_.patch(syncs(), name_space_in(sync), name_in(sync), json::serialize(patch));
  }

  // A later wish of somebody else takes the place of ours, and its answer is one to ours.
  bool answers(const std::string& answered, const std::string& newest) const {
    return answered == text_ || (newest != text_ && !newest.empty() && answered == newest);
  }

  Result<json::value> wait_for_look(const json::value& sync) {
    say("waiting for the look at " + name_in(sync));
    return wait(syncs(), sync, [this](const json::value& now) {
      return answers(text_at(now, "/status/observedLook"), annotation_in(now, "stoker.io/look-at"));
    });
  }

  Result<std::vector<Report>> reports_of(const json::value& sync) {
    auto of_sync = client_.list(targets(), Selection{name_space_in(sync), "stoker.io/sync=" + name_in(sync), {}});
    if (!of_sync) return std::move(of_sync).error();
    std::vector<Report> reports;
    for (const json::value& target : of_sync->items) {
      if (!options_.target.empty() && name_in(target) != options_.target) continue;
      if (!options_.dry_run && text_at(sync, "/status/refResolutionStatus") == "Error") {
        reports.push_back(unresolved(target, sync));
        continue;
      }
      say("waiting for " + name_in(target));
      auto seen = wait(targets(), target, [this](const json::value& now) { return is_done(now); });
      if (!seen) return std::move(seen).error();
      reports.push_back(options_.dry_run ? report_at(*seen, "/status/plan") : last_report(*seen));
    }
    return reports;
  }

  bool is_done(const json::value& target) const {
    if (options_.dry_run) return answers(text_at(target, "/status/plan/asked"), text_at(target, "/spec/plan"));
    const auto observed = number_at(target, "/status/observedToken");
    return observed && *observed >= number_at(target, "/spec/token").value_or(0);
  }

  // The object as it is when `done` says so.
  template <class Done>
  Result<json::value> wait(const Kind& kind, const json::value& object, Done done) {
    json::value seen;
    bool gone = false;
    const auto told = [&](std::string_view type, const json::value& now) {
      seen = now;
      gone = type == "DELETED";
      return !gone && !done(now);
    };
    const Selection one{name_space_in(object), {}, "metadata.name=" + name_in(object)};
    auto ended = client_.follow(kind, one, until_, told);
    if (!ended && ended.error() == errc::timeout)
      return Error(errc::timeout,
                   kind.singular + " " + name_in(object) + ": the host has not answered within " +
                       std::to_string(options_.longest.count()) + " s; what it does goes on",
                   "host.timeout");
    if (!ended) return std::move(ended).error();
    if (gone) return Error(errc::not_found, kind.singular + " " + name_in(object) + " was removed", "object.not-found");
    return seen;
  }

  void say(const std::string& what) const {
    if (options_.progress) err_ << printable(what, 1024) << "\n";
  }

  ObjectClient client_;
  const SyncOptions& options_;
  std::ostream& err_;
  const std::string text_;
  const ObjectClient::Time until_;
};

}  // namespace

std::optional<int> sync_by_host(const SyncOptions& options, std::ostream& out, std::ostream& err) {
  const auto socket = options.socket.empty() ? socket_of_config(options.config) : Result(options.socket);
  if (!socket) return std::nullopt;  // whoever reads the whole file says what is wrong with it
  ObjectClient client(*socket);
  const auto runs = client.ask_health();
  if (!runs && runs.error().code == host_not_running && options.socket.empty()) return std::nullopt;
  if (!runs) return say_refusal(runs.error(), err);
  auto reports = Question(std::move(client), options, err).ask();
  if (!reports) return say_refusal(reports.error(), err);
  print_reports(*reports, options, out);
  if (!reports->empty()) return exit_code_of(*reports);
  err << "stoker: no target was run: "
      << (options.target.empty() ? "nothing is assigned" : "there is no target " + printable(options.target, 256))
      << "\n";
  return exit_bad_usage;
}

}  // namespace stoker::host
