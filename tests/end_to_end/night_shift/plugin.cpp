// A plugin of somebody else, for the night shift: a verifier and a notifier that do wrong as files in their control
// folder say. The verifier calls a tree healthy when all its files are of one commit and none of them is bad.
#include <stoker/plugin.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace night {

namespace fs = std::filesystem;

// The text of a control file; empty: it is not there, and nothing is wrong.
std::string told(const fs::path& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

void write_line(const fs::path& file, const std::string& line) {
  std::ofstream(file, std::ios::app) << line + "\n" << std::flush;
}

class Watch final : public stoker::Verifier {
 public:
  Watch(const stoker::Config& config, stoker::Host& host)
      : control_(config.text("/settings/control")),
        target_(config.text("/use/target/name")),
        data_(config.text("/use/target/data")),
        host_(host) {}

  stoker::Result<void> admit(stoker::Call& call, std::string_view, const stoker::Plan&,
                             const stoker::Out<stoker::Decision>& out) {
    const std::string what = told(control_ / ("admit-" + target_));
    if (what == "throw") throw std::runtime_error("thrown by night for " + target_);
    while (what == "hang") {
      if (auto go = host_.clock().sleep(call, std::chrono::milliseconds(50)); !go) return go;
    }
    return out.put(stoker::Decision::allow());
  }
  stoker::Result<void> verify(stoker::Call&, std::string_view assignment, const stoker::Plan&, std::string_view,
                              const stoker::Out<stoker::Decision>& out, const stoker::Out<stoker::Note>&,
                              const stoker::Text&) {
    std::set<std::string> commits;
    for (const auto& entry : fs::recursive_directory_iterator(data_ / "projects"))
      if (entry.is_regular_file()) commits.insert(told(entry.path()));
    const std::string revision = host_.value(assignment, "/revision").value_or("");
    if (commits.size() > 1) return out.put(stoker::Decision::unhealthy("mix", "files of several commits"));
    if (commits.contains("BAD")) return out.put(stoker::Decision::unhealthy("bad", "a bad commit"));
    write_line(control_ / "verified", target_ + " " + revision);
    return out.put(stoker::Decision::healthy());
  }

 private:
  const fs::path control_;
  const std::string target_;
  const fs::path data_;
  stoker::Host& host_;
};

class Bell final : public stoker::Notifier {
 public:
  Bell(const stoker::Config& config, stoker::Host&) : control_(config.text("/settings/control")) {}
  stoker::Result<void> notify(stoker::Call&, std::string_view, std::string_view report) override {
    if (!told(control_ / "notify-throw").empty()) throw std::runtime_error("thrown by the bell");
    if (told(control_ / "notify") == "down")
      return stoker::Error(stoker::errc::unreachable, "the bell is down", "night.down");
    write_line(control_ / "reports", std::string(report));
    return {};
  }

 private:
  const fs::path control_;
};

}  // namespace night

STOKER_PLUGIN("plugin.json", night::Watch, night::Bell);
