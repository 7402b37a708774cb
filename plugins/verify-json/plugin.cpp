// verify-json: refuses a plan that would write a .json file which is not valid JSON, before any file is changed. It has
// only admit, and keeps nothing between calls, so calls may come from several threads.
#include "json_syntax.hpp"

#include <stoker/plugin.hpp>

namespace {

constexpr std::size_t faults_named_max = 5;

struct Faults {
  std::vector<std::string> named;
  std::size_t count = 0;

  void add(const std::string& path, const json::Fault& fault) {
    ++count;
    if (named.size() < faults_named_max)
      named.push_back(path + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.what);
  }
  std::string reason() const {
    std::string text;
    for (const std::string& one : named) text += (text.empty() ? "" : "; ") + one;
    if (count > named.size())
      text += "; and " + std::to_string(count - named.size()) + " more (" + std::to_string(count) + " files in all)";
    return text;
  }
};

bool writes_json(const stoker::Change& change) {
  using Op = stoker::Change::Op;
  return (change.op == Op::add || change.op == Op::replace) && change.path.ends_with(".json");
}

class JsonVerifier : public stoker::Verifier {
 public:
  JsonVerifier(const stoker::Config&, const stoker::Host& host) : log_(host.log()) {}

  stoker::Result<void> admit(stoker::Call& call, std::string_view, const stoker::Plan& plan,
                             const stoker::Out<stoker::Decision>& out) {
    Faults faults;
    std::size_t files = 0;
    auto looked = plan.changes([&](const stoker::Change& change) -> stoker::Result<void> {
      if (!writes_json(change)) return {};
      if (auto asked = call.check(); !asked) return asked;
      auto fault = look_at(call, plan, change.path);
      if (!fault) return std::move(fault).error();
      if (*fault) faults.add(change.path, **fault);
      ++files;
      return {};
    });
    if (!looked) return looked;
    if (faults.count == 0) {
      log_.debug("every changed JSON file is valid", {{"files", std::to_string(files)}});
      return out.put(stoker::Decision::allow());
    }
    return out.put(stoker::Decision::refuse("ConfigSyntaxError", faults.reason()));
  }

 private:
  stoker::Result<std::optional<json::Fault>> look_at(stoker::Call& call, const stoker::Plan& plan,
                                                     const std::string& path) {
    json::JsonSyntax syntax;
    bool faulty = false;
    auto read = plan.content(path, [&](std::string_view bytes) -> stoker::Result<void> {
      if (auto asked = call.check(); !asked) return asked;
      faulty = !syntax.feed(bytes);
      if (faulty)
        return stoker::Error(stoker::errc::invalid, "not valid JSON");  // ends the reading of this file, not the call
      return {};
    });
    if (!read && !faulty) return std::move(read).error().in("json: " + path);
    return syntax.finish();
  }

  stoker::Log log_;
};

}  // namespace

STOKER_PLUGIN("plugin.json", JsonVerifier);
