// Tables, and how a row becomes Advice.
#include "host/answers/advice.hpp"

#include "host/answers/explained_codes.hpp"
#include "host/answers/wording.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

constexpr std::string_view look = "stoker doctor {target}", plan = "stoker sync --dry-run --target {target} --all",
                           retry = "stoker retry {sync} --target {target}", past = "stoker history {target}",
                           changes = "stoker diff {target}", resume = "stoker resume {sync}",
                           check = "stoker config check", show_sync = "stoker describe gs {sync}",
                           show_target = "stoker describe st {target}", modules = "stoker plugin list";

struct HoldRow {
  std::string_view name, clause, ended_by;
  bool by_itself;
  std::vector<std::string_view> next;
};

const std::vector<HoldRow>& hold_rows() {
  static const std::vector<HoldRow> rows = {
      {"paused", "it is paused", "somebody resumes it", false, {resume}},
      {"dry-run-first",
       "each target of its Sync plans the new revision before any gets it",
       "the dry runs of all targets",
       true,
       {look}},
      {"starting", "the gateway is starting", "the gateway runs", true, {look}},
      {"commissioning",
       "the gateway has not been commissioned",
       "somebody finishes the commissioning in the browser",
       false,
       {look}},
      {"redundancy",
       "its redundant pair is not settled, or its backup is at work",
       "the pair has settled, and the master is at work",
       true,
       {look}},
      {"blocked",
       "something at its place or its gateway is in the way",
       "it is corrected; Stoker looks again at each sync period",
       false,
       {look}},
      {"token",
       "the gateway does not accept the key, or lets it do too little",
       "the key has the rights that it needs",
       false,
       {look}},
      {"designer", "a Designer is open on the gateway", "the Designer is closed", true, {look}},
      {"scan-locked",
       "somebody else holds the scan lock of the gateway",
       "the lock is given back, or runs out",
       true,
       {look}},
      {"scan-active", "a scan of the gateway does not end", "the scan ends", true, {look}},
      {"scan-unconfirmed",
       "the gateway did not say that its scan had ended, so nothing is verified",
       "the gateway says that a scan has ended",
       true,
       {look}},
      {"drift",
       "somebody else replaces delivered files again and again",
       "a retry, another revision or other inputs",
       false,
       {retry}},
      {"revision",
       "this revision proved bad here, and is not applied again",
       "another revision, other inputs or a retry",
       false,
       {past, retry}},
      {"source-missing",
       "a mapping has nothing at its source, and what it delivered would be removed",
       "another revision or another mapping",
       false,
       {plan, show_sync}},
      {"mass-delete",
       "the plan removes more files than the profile allows",
       "a revision that keeps the files, or a higher limit",
       false,
       {plan}},
      {"quarantine",
       "going back did not end with a healthy gateway, so nothing more is tried",
       "a retry, another revision or other inputs",
       false,
       {look, past, retry}},
  };
  return rows;
}

// By the family of the code, which is what stands before its dot, or the whole code.
struct CodeRow {
  std::string_view family;
  std::vector<std::string_view> next;
};

const std::vector<CodeRow>& code_rows() {
  static const std::vector<CodeRow> rows = {
      {"rollout", {look}},
      {"config", {check}},
      {"config.modules", {check, modules}},
      {"config.platform", {check, modules}},
      {"config.strategy", {modules}},
      {"source", {show_sync}},
      {"settings", {check, modules}},
      {"schema", {check, modules}},
      {"secret", {check}},
      {"host", {look}},
      {"host.state", {check}},
      {"target", {look}},
      {"agent", {look}},
      {"state", {check}},
      {"memory", {look}},
      {"assignment", {look}},
      {"file", {look}},
      {"run", {look, changes, past}},
      {"run.conflict", {plan}},
      {"run.role", {look}},
      {"exchange", {}},
      {"notices", {check}},
      {"socket", {check}},
      {"object", {show_sync, check}},

      {"metrics", {modules}},
      {"diff", {past}},
      {"doctor", {look}},
      {"merge", {plan, look}},
      {"ignition", {look}},
      {"http", {look}},
      {"webhook", {check}},
      {"git", {look, show_sync}},
      {"ConfigSyntaxError", {plan}},
  };
  return rows;
}

// Empty: a name that the command needs is not known.
std::string command(std::string_view pattern, const Names& names) {
  std::string text(pattern);
  for (const auto& [mark, name] : {std::pair<std::string_view, const std::string*>{"{target}", &names.target},
                                   std::pair<std::string_view, const std::string*>{"{sync}", &names.sync}}) {
    const std::size_t at = text.find(mark);
    if (at == text.npos) continue;
    if (name->empty()) return {};
    text.replace(at, mark.size(), argument(*name));
  }
  return text;
}

void add(std::vector<std::string>& commands, std::string one) {
  if (!one.empty() && std::find(commands.begin(), commands.end(), one) == commands.end())
    commands.push_back(std::move(one));
}

const ExplainedCode* page_row(const std::string& code, std::string_view kind) {
  static const std::vector<ExplainedCode> all = explained_codes(code_pages());
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const ExplainedCode& one) { return one.kind == kind && stands_for(one.code, code); });
  return found == all.end() ? nullptr : &*found;
}

const CodeRow* code_row(std::string_view code) {
  const auto find = [](std::string_view family) {
    const auto& rows = code_rows();
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const CodeRow& row) { return row.family == family; });
    return found == rows.end() ? nullptr : &*found;
  };
  const CodeRow* exact = find(code);
  return exact ? exact : find(code.substr(0, code.find('.')));
}

constexpr ConditionAdvice conditions[] = {
    {"RefResolved", "False", true, "its ref cannot be resolved", show_sync},
    {"ProfilesValid", "False", true, "it cannot be used as it is written", show_sync},
    {"DependenciesMet", "False", true, "it waits for another Sync", show_sync},
    {"Approved", "False", true, "it waits for an approval", show_sync},
    {"ValidationRejected", "True", true, "the validation rejected this revision", show_sync},
    {"ConfigSyntaxError", "True", true, "a file of this revision cannot be read", show_sync},
    {"CanaryStageFailed", "True", true, "a stage of the rollout failed", show_sync},
    {"AgentReady", "False", false, "an agent is not ready", "stoker get st"},
    {"SidecarInjected", "False", false, "a gateway has no sidecar", "stoker get st"},
    {"AutoRollbackPerformed", "True", false, "a revision was taken back", "stoker history {sync}"},
    {"Drifted", "True", false, "delivered files were changed at a gateway", ""},
    {"RefSkew", "True", false, "a gateway runs another ref than the others", ""},
    {"SSHHostKeyVerification", "False", false, "host keys of the repository are not verified", show_sync},
};

}  // namespace

Advice advice_on_hold(const std::string& hold, const Names& names) {
  Advice advice;
  const auto& rows = hold_rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const HoldRow& one) { return one.name == hold; });
  const ExplainedCode* page = page_row(hold, "hold");
  if (page) advice.advice = page->next;
  if (row == rows.end()) {
    advice.clause = page ? page->means : "hold " + hold;
    add(advice.next, command(show_target, names));
  } else {
    advice.clause = row->clause;
    advice.ended_by = row->ended_by;
    advice.by_itself = row->by_itself;
    advice.known = true;
    for (const std::string_view pattern : row->next) add(advice.next, command(pattern, names));
  }
  if (page) add(advice.next, "stoker explain " + argument(hold));
  return advice;
}

Advice advice_on_error(const std::string& code, bool retryable, const Names& names) {
  Advice advice;
  const ExplainedCode* page = code.empty() ? nullptr : page_row(code, "code");
  const CodeRow* row = code_row(code);
  if (page) {
    advice.clause = page->means;
    advice.advice = page->next;
  }
  advice.by_itself = retryable;
  advice.known = page && row;
  advice.ended_by = retryable ? "a try that succeeds" : "another revision, other inputs or a retry";
  if (row)
    for (const std::string_view pattern : row->next) add(advice.next, command(pattern, names));
  if (!row) add(advice.next, command(look, names));
  if (!retryable) add(advice.next, command(retry, names));
  if (page) add(advice.next, "stoker explain " + argument(code));
  return advice;
}

const ConditionAdvice* advice_on_condition(std::string_view type) {
  const auto found = std::find_if(std::begin(conditions), std::end(conditions),
                                  [&](const ConditionAdvice& one) { return one.type == type; });
  return found == std::end(conditions) ? nullptr : found;
}

std::string retry_command(const Names& names) { return command(retry, names); }

}  // namespace stoker::host
