// The plant of an end-to-end test; see plant.hpp.
#include "plant.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace plant {
namespace {

fs::path new_folder(const fs::path& below) {
  std::string pattern = (below / "stoker-story-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  return pattern;
}

constexpr const char* usual_modules = R"(  source-git: {settings: {allowFile: true}}
  trigger-poll: {settings: {interval: 1s}}
  strategy-merge: {}
  verify-json: {order: 10}
  verify-ignition: {settings: {designerInterval: 1s}}
)";

}  // namespace

Plant::Plant(const fs::path& below)
    : folder_(new_folder(below)),
      data_(folder_ / "data"),
      state_(folder_ / "state"),
      repository_(folder_ / "repository") {
  fs::create_directories(data_);
  fs::create_directories(folder_ / "syncs");
  repository_.write("projects/Global/project.json", repository::project_json("What all share", "", true));
}

Plant::~Plant() {
  if (HasFailure()) {
    const std::string text = log();
    std::fprintf(stderr, "the end of stoker.log:\n%s\n",
                 text.substr(text.size() - std::min<std::size_t>(text.size(), 6000)).c_str());
  }
  stoker_.stop();
  gateway_.reset();
  std::error_code left;
  fs::remove_all(folder_, left);
}

ignition_sim::Gateway& Plant::start_gateway(ignition_sim::Options options) {
  options.data = data_;
  keep_secret("press-1", "apiKey", ignition_sim::write_own_key(data_));
  gateway_ = std::make_unique<ignition_sim::Gateway>(std::move(options));
  gateway_->start();
  return *gateway_;
}

void Plant::keep_secret(const std::string& name, const std::string& key, const std::string& text) const {
  const fs::path folder = state_ / "secrets" / name;
  fs::create_directories(folder);
  fs::permissions(folder.parent_path(), fs::perms::owner_all);
  fs::permissions(folder, fs::perms::owner_all);
  write_text(folder / key, text);
  fs::permissions(folder / key, fs::perms::owner_read | fs::perms::owner_write);
}

void Plant::write_config(const std::string& more, const std::string& modules) {
  std::string text = "state: " + state_.string() + "\nmodules:\n" + (modules.empty() ? usual_modules : modules) + more +
                     "http: {listen: 127.0.0.1:0}\nsyncs: " + (folder_ / "syncs").string() +
                     "\ntargets:\n  - name: press-1\n    sync: line-a\n    profile: line\n    data: " + data_.string() +
                     "\n";
  if (!gateway_)
    text += "    verify: none\n";
  else
    text += "    gateway: {url: \"" + gateway_->url() + "\", apiKey: {secretRef: {name: press-1, key: apiKey}}}\n";
  write_text(folder_ / "stoker.yaml", text);
}

fs::path Plant::add_target(const std::string& name, const std::string& sync) const {
  const fs::path data = folder_ / ("data-of-" + name);
  fs::create_directories(data);
  std::ofstream(folder_ / "stoker.yaml", std::ios::app)
      << "  - {name: " << name << ", sync: " << sync << ", profile: line, verify: none, data: " << data.string()
      << "}\n";
  return data;
}

void Plant::write_sync(const Sync& sync) {
  std::string text = "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata:\n  name: line-a\n";
  if (!sync.retry.empty()) text += "  annotations: {stoker.io/retry: \"" + sync.retry + "\"}\n";
  text += "spec:\n  git: {repo: \"file://" + repository_.folder().string() +
          "\", ref: main}\n  polling: {enabled: " + (sync.polling ? "true" : "false") +
          ", interval: 1s}\n  paused: " + (sync.paused ? "true" : "false") + "\n  sync:\n    profiles:\n      line:\n" +
          "        designerSessionPolicy: " + sync.designer + "\n        syncPeriod: 5\n" + sync.more +
          "        mappings:\n" + sync.mappings;
  // as an editor that cares: readers see the old one or the new one
  write_text(folder_ / "syncs/.line-a", text);
  fs::rename(folder_ / "syncs/.line-a", folder_ / "syncs/line-a.yaml");
}

void Plant::start_stoker() {
  stoker_ =
      child::Child({STOKER_PROGRAM, "run", "--config", (folder_ / "stoker.yaml").string()}, folder_ / "stoker.log");
}

child::Finished Plant::stoker(child::Arguments arguments) const {
  arguments.insert(arguments.begin(), STOKER_PROGRAM);
  return child::finished(arguments);
}

json::object Plant::sync_once(int code, const child::Arguments& more) const {
  child::Arguments arguments{"sync", "-c", (folder_ / "stoker.yaml").string(), "-o", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const child::Finished ended = stoker(arguments);
  EXPECT_EQ(ended.code, code) << ended.out << ended.err;
  boost::system::error_code bad;
  const json::value report = json::parse(ended.out.substr(0, ended.out.find('\n')), bad);
  return report.is_object() ? report.get_object() : json::object();
}

bool Plant::eventually(const std::string& what, const std::function<bool()>& seen, std::chrono::milliseconds pause) {
  const auto patience_ends = std::chrono::steady_clock::now() + patience;
  while (!seen()) {
    if (std::chrono::steady_clock::now() > patience_ends) {
      ADD_FAILURE() << "not seen: " << what;
      return false;
    }
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
  return true;
}

bool Plant::files_are(const ignition_sim::View& wanted) const {
  return ignition_sim::view_of(ignition_sim::read_tree(data_, "projects")) == wanted;
}

bool Plant::runs_verified(const std::string& revision, const fs::path& data) const {
  const json::value now = memory(data);
  boost::system::error_code none;
  // A target without a gateway has nobody who verifies it.
  const json::value* verified = now.find_pointer(gateway_ ? "/running/verified" : "/running/settled", none);
  return text_at(now, "/running/revision") == revision && verified && *verified == json::value(true);
}

json::object Plant::memory(const fs::path& data) const {
  boost::system::error_code bad;
  const json::value document = json::parse(text_of(data / ".stoker/target.json"), bad);
  return document.is_object() ? document.get_object() : json::object();
}

bool Plant::staging() const {
  std::error_code gone;
  for (fs::recursive_directory_iterator entry(data_ / ".stoker/merge/runs", gone), end; !gone && entry != end;
       entry.increment(gone))
    if (entry->is_regular_file(gone)) return true;
  return false;
}

std::string Plant::log() const { return text_of(folder_ / "stoker.log"); }

std::size_t Plant::log_count(std::string_view text) const {
  const std::string all = log();
  std::size_t count = 0;
  for (std::size_t at = all.find(text); at != all.npos; at = all.find(text, at + text.size())) ++count;
  return count;
}

std::uint16_t Plant::http_port() {
  const auto said = [this] { return log_count("listening address=127.0.0.1 port=") > 0; };
  if (!eventually("the port of the pages", said)) return 0;
  const std::string all = log();
  const std::string mark = "listening address=127.0.0.1 port=";
  return static_cast<std::uint16_t>(std::stoul(all.substr(all.rfind(mark) + mark.size())));
}

http_client::Response Plant::page(const std::string& path) {
  return http_client::get("http://127.0.0.1:" + std::to_string(http_port()) + path);
}

std::string Plant::metric(const std::string& series) {
  const std::string all = page("/metrics").body;
  const std::size_t at = all.find("\n" + series + " ");
  if (at == all.npos) return "none";
  const std::size_t value = at + series.size() + 2;
  return all.substr(value, all.find('\n', value) - value);
}

std::string Plant::view_file(int project, int view) const {
  return "projects/Line" + std::to_string(project) + "/com.inductiveautomation.perspective/views/View" +
         std::to_string(view) + "/view.json";
}

void Plant::write_projects(int projects, int views, const std::string& text) {
  for (int project = 0; project < projects; ++project) {
    repository_.write("projects/Line" + std::to_string(project) + "/project.json",
                      repository::project_json(text, "Global", false));
    for (int view = 0; view < views; ++view) {
      const std::string file = view_file(project, view);
      const std::string content = "{\"text\": \"" + text + "\"}\n";
      repository_.write(file, content);
      repository_.write((fs::path(file).parent_path() / "resource.json").string(),
                        ignition_sim::resource_json({{"view.json", content}}, "admin", "2025-01-01T00:00:00Z",
                                                    ignition_sim::SignatureForm::v8_3));
    }
  }
}

std::string stoker_program() { return STOKER_PROGRAM; }

std::string text_of(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(bytes).str();
}

void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

std::string snapshot(const fs::path& folder, const std::string& without) {
  std::map<std::string, std::string> entries;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().lexically_relative(folder).string();
    if (!without.empty() && path.starts_with(without)) continue;
    struct stat look {};
    if (lstat(entry.path().c_str(), &look) != 0) continue;
    std::ostringstream line;
    line << std::oct << look.st_mode << std::dec << ' ' << look.st_ino << ' ' << look.st_mtim.tv_sec << '.'
         << look.st_mtim.tv_nsec;
    if (entry.is_regular_file()) line << ' ' << text_of(entry.path());
    entries[path] = line.str();
  }
  std::string all;
  for (const auto& [path, line] : entries) all += path + ' ' + line + '\n';
  return all;
}

std::string text_at(const json::value& document, std::string_view pointer) {
  boost::system::error_code none;
  const json::value* found = document.find_pointer(pointer, none);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace plant
