// The demo's plant; see plant.hpp.
#include "plant.hpp"

#include "support/http.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace demo {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_patience{20};

// The text of a member of the one-line documents that the simulator writes; they hold no escapes.
std::string member(const std::string& document, const std::string& key) {
  const std::string mark = '"' + key + "\":\"";
  const std::size_t begin = document.find(mark);
  if (begin == document.npos) return {};
  return document.substr(begin + mark.size(), document.find('"', begin + mark.size()) - begin - mark.size());
}

void keep_secret(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  for (fs::path folder = file.parent_path(); folder.filename() != "state"; folder = folder.parent_path())
    fs::permissions(folder, fs::perms::owner_all);
  std::ofstream(file) << "";
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(file) << text;
}

std::string wait_for_file(const fs::path& file, child::Child& writer) {
  const auto patience_ends = std::chrono::steady_clock::now() + start_patience;
  while (!fs::exists(file)) {
    if (!writer.alive()) throw std::runtime_error("a simulated gateway ended at once");
    if (std::chrono::steady_clock::now() > patience_ends)
      throw std::runtime_error("a simulated gateway does not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Gateway::Gateway(const fs::path& simulator, const fs::path& root, std::string name)
    : name_(std::move(name)), data_(root / name_ / "data") {
  fs::create_directories(data_);
  std::string token = child::output_of({simulator.string(), "--data", data_.string(), "--new-key", "stoker"});
  while (token.ends_with('\n')) token.pop_back();
  keep_secret(root / "state" / "secrets" / name_ / "apiKey", token);

  const fs::path ports = root / name_ / "ports.json";
  child_ = child::Child({simulator.string(), "--data", data_.string(), "--name", name_, "--state", "running", "--scale",
                         "0.5", "--write-ports", ports.string()},
                        root / name_ / "gateway.log");
  const std::string line = wait_for_file(ports, child_);
  url_ = member(line, "url");
  control_url_ = member(line, "controlUrl");
}

bool Gateway::has_files(const ignition_sim::View& wanted) const {
  return ignition_sim::view_of(ignition_sim::read_tree(data_, "projects")) == wanted;
}

bool Gateway::has_loaded(const ignition_sim::View& wanted) const {
  return member(ask("/sim/digest?under=projects"), "digest") == ignition_sim::loaded_digest(wanted);
}

bool Gateway::ever_loaded(const ignition_sim::View& wanted) const {
  return ask("/sim/scans").find(ignition_sim::loaded_digest(wanted)) != std::string::npos;
}

std::size_t Gateway::scans() const {
  const std::string list = ask("/sim/scans");
  std::size_t count = 0;
  for (std::size_t at = list.find("\"kind\""); at != list.npos; at = list.find("\"kind\"", at + 1)) ++count;
  return count;
}

void Gateway::set_designer(const std::string& user, const std::string& project) const {
  const std::string list =
      user.empty() ? "[]" : R"([{"id":"designer-1","user":")" + user + R"(","project":")" + project + R"("}])";
  const auto answer = http_client::post(control_url_ + "/sim/designers", list);
  if (answer.status != 200)
    throw std::runtime_error(name_ + ": the control port answered " + std::to_string(answer.status));
}

std::string Gateway::ask(const std::string& path) const {
  const auto answer = http_client::get(control_url_ + path);
  if (answer.status != 200)
    throw std::runtime_error(name_ + ": " + path + " answered " + std::to_string(answer.status) + " " + answer.failure);
  return answer.body;
}

}  // namespace demo
