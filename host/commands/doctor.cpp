// How an examination is shown, and what it ends with.
#include "host/commands/doctor.hpp"

#include "host/base/printable.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/exit_code.hpp"
#include "host/commands/one_shot.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace stoker::host {

namespace {

namespace json = boost::json;

constexpr std::size_t line_bytes_max = 2000;
constexpr int status_width = 9, indent = 4;
constexpr std::chrono::seconds host_answers_within{2};

std::string_view word(Check::Status status) {
  switch (status) {
    case Check::Status::ok: return "ok";
    case Check::Status::warn: return "warn";
    case Check::Status::fail: return "fail";
    case Check::Status::skipped: return "skipped";
  }
  return "fail";
}

struct Tally {
  std::size_t ok = 0, warn = 0, fail = 0, skipped = 0;
  void add(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      switch (finding.check.status) {
        case Check::Status::ok: ++ok; break;
        case Check::Status::warn: ++warn; break;
        case Check::Status::fail: ++fail; break;
        case Check::Status::skipped: ++skipped; break;
      }
    }
  }
  std::string text() const {
    return std::to_string(ok) + " ok, " + std::to_string(warn) + " warn, " + std::to_string(fail) + " fail, " +
           std::to_string(skipped) + " skipped";
  }
};

Tally tally_of(const Examined& examined) {
  Tally tally;
  tally.add(examined.general);
  for (const auto& [name, findings] : examined.targets) tally.add(findings);
  return tally;
}

// Each line of `text` behind `margin` blanks; the first one stands where the output is now.
void print_lines(const std::string& text, int margin, std::ostream& out) {
  std::istringstream lines(text);
  std::string line;
  for (bool first = true; std::getline(lines, line); first = false)
    out << (first ? "" : "\n" + std::string(static_cast<std::size_t>(margin), ' ')) << printable(line, line_bytes_max);
  out << "\n";
}

void print_findings(const std::string& title, const std::vector<Finding>& findings, std::ostream& out) {
  std::size_t widest = 0;
  for (const Finding& finding : findings) widest = std::max(widest, finding.check.name.size());
  const int name_width = static_cast<int>(widest) + 2, margin = indent + status_width + name_width;
  out << title << "\n";
  std::string by;
  for (const Finding& finding : findings) {
    if (finding.by != by) out << "  " << finding.by << "\n";
    by = finding.by;
    out << std::string(indent, ' ') << std::left << std::setw(status_width) << word(finding.check.status)
        << std::setw(name_width) << printable(finding.check.name, line_bytes_max);
    print_lines(finding.check.text, margin, out);
    if (finding.check.remedy.empty()) continue;
    out << std::string(static_cast<std::size_t>(margin), ' ') << "-> ";
    print_lines(finding.check.remedy, margin + 3, out);
  }
  Tally tally;
  tally.add(findings);
  out << "  " << tally.text() << "\n\n";
}

json::array array_of(const std::vector<Finding>& findings) {
  json::array all;
  for (const Finding& finding : findings)
    all.push_back({{"by", finding.by},
                   {"name", finding.check.name},
                   {"status", word(finding.check.status)},
                   {"text", finding.check.text},
                   {"remedy", finding.check.remedy}});
  return all;
}

bool has_target(const Config& config, const std::string& name) {
  return std::any_of(config.targets.begin(), config.targets.end(),
                     [&](const TargetConfig& target) { return target.name == name; });
}

const std::filesystem::path& data_of(const Config& config, const std::string& name) {
  return std::find_if(config.targets.begin(), config.targets.end(),
                      [&](const TargetConfig& target) { return target.name == name; })
      ->data;
}

std::string what_a_probe_does(const std::string& target, const std::filesystem::path& data) {
  return "The probe tries out how the gateway of " + target + " behaves. It makes one project of its own below " +
         data.string() +
         " (its name begins with stoker-probe-), asks the gateway for scans of projects, takes the lock of these scans "
         "for short times, and removes the project again. It takes up to 10 minutes. Meanwhile a save of somebody else "
         "may have to wait, and no Run takes place.\n";
}

// What commands made stands in the objects alone, which are the host's.
Finding of_objects(const DoctorOptions& options) {
  Check check{"objects", "", "", Check::Status::skipped};
  const auto socket = socket_of_config(options.config);
  const bool runs = socket && ObjectClient(*socket, host_answers_within).ask_health();
  if (runs) {
    check.text = "a host runs here, and its objects were not asked: this looks at the files";
    check.remedy = "stoker why asks them";
  } else {
    check.text = "no host runs here, so nobody looked at what stoker apply made: this looks at the files";
  }
  return {"stoker", std::move(check)};
}

}  // namespace

void print_text(const Examined& examined, std::ostream& out) {
  if (!examined.general.empty()) print_findings("all targets", examined.general, out);
  for (const auto& [name, findings] : examined.targets) print_findings(name, findings, out);
  if (examined.targets.size() > 1) out << "together: " << tally_of(examined).text() << "\n";
}

void print_json(const Examined& examined, std::ostream& out) {
  json::array targets;
  for (const auto& [name, findings] : examined.targets)
    targets.push_back({{"name", name}, {"checks", array_of(findings)}});
  const Tally tally = tally_of(examined);
  out << json::object{{"format", 1},
                      {"checks", array_of(examined.general)},
                      {"targets", std::move(targets)},
                      {"summary",
                       {{"ok", tally.ok}, {"warn", tally.warn}, {"fail", tally.fail}, {"skipped", tally.skipped}}}}
      << "\n";
}

int doctor(DoctorOptions options, const Agree& agree, std::ostream& out, std::ostream& err) {
  if (options.probe && options.target.empty()) {
    err << "stoker: --probe needs the name of one target\n";
    return exit_bad_usage;
  }
  auto target = target_named(options.target);
  if (!target) return say_refusal(target.error(), err);
  options.target = std::move(*target);
  options.despite_faults = true;
  options.calls_file.clear();  // doctor changes nothing: what a crash left is for the next start
  auto made = make_process(options, err);
  if (!made) return say_why_not(made.error(), err);
  Process& process = **made;
  if (!options.target.empty() && !has_target(process.config, options.target)) {
    err << "stoker: there is no target " << options.target << "\n";
    return exit_bad_usage;
  }
  if (options.probe && !options.yes) {
    const std::string text = what_a_probe_does(options.target, data_of(process.config, options.target));
    if (!agree || !agree(text + "Go on?")) {
      err << (agree ? "stoker: nothing was done\n" : text + "stoker: nobody can be asked here; --yes agrees to it\n");
      return exit_bad_usage;
    }
  }
  const Examine what{options.target, options.probe};
  Examined examined =
      one_shot<Examined>(process, [&](std::stop_token stop) { return process.role.examine(what, std::move(stop)); });
  if (!options.probe) examined.general.insert(examined.general.begin(), of_objects(options));
  for (const Error& failure : process.left_out)
    examined.general.emplace_back(
        "stoker", Check{"module", failure.message, failure.code.empty() ? "" : "stoker explain " + failure.code,
                        Check::Status::fail});
  options.json ? print_json(examined, out) : print_text(examined, out);
  return tally_of(examined).fail == 0 ? exit_ok : exit_failed;
}

}  // namespace stoker::host
