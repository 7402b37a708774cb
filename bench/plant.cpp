#include "plant.hpp"

#include "local_socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace bench {

namespace fs = std::filesystem;

Plant::Plant(Place place) : place_(std::move(place)), port_(free_port()) {
  fs::create_directories(place_.room / "syncs");
  fs::create_directories(place_.data);
  std::ofstream(place_.room / "stoker.yaml")
      << "state: " << place_.state().string() << "\nmodules:\n"
      << "  source-git: {settings: {allowFile: true, backend: " << place_.backend
      << "}}\n  trigger-poll: {settings: {interval: 1s}}\n"
      << "  strategy-merge: {}\n  verify-json: {order: 10}\nhttp: {listen: \"127.0.0.1:" << port_
      << "\"}\nsyncs: " << (place_.room / "syncs").string()
      << "\ntargets:\n  - {name: press-1, sync: line-a, profile: line, verify: none, data: " << place_.data.string()
      << "}\n";
  std::ofstream(place_.room / "syncs/line-a.yaml")
      << "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata:\n  name: line-a\nspec:\n  git: {repo: \""
      << place_.repository_url() << "\", ref: main}\n  polling: {enabled: true, interval: 1s}\n  sync:\n"
      << "    profiles:\n      line:\n        mappings:\n"
      << "          - {source: projects, destination: projects, type: dir}\n";
}

Arguments Plant::sync() const {
  return {STOKER_PROGRAM, "sync", "--config", (place_.room / "stoker.yaml").string(), "-o", "json"};
}

Arguments Plant::serve() const { return {STOKER_PROGRAM, "run", "--config", (place_.room / "stoker.yaml").string()}; }

void Plant::point_at(const std::string& commit) const {
  run_to_end({"git", "-C", place_.repository().string(), "update-ref", "refs/heads/main", commit});
}

void Plant::take_away() const { fs::rename(place_.repository(), place_.repository().string() + ".away"); }
void Plant::bring_back() const { fs::rename(place_.repository().string() + ".away", place_.repository()); }

std::uint64_t Plant::cached_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(place_.state() / "plugins"))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

std::string Plant::page(const std::string& path) const {
  const int socket = connect_locally(port_);
  if (socket < 0) return {};
  const timeval patience{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  std::string answer;
  std::array<char, 4096> buffer{};
  if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0)
    for (ssize_t got = 0; (got = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0;)
      answer.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(socket);
  return answer;
}

bool Plant::ready() const { return page("/readyz").starts_with("HTTP/1.1 200"); }

std::uint64_t Plant::runs(const std::string& outcome) const {
  const std::string all = page("/metrics");
  for (std::size_t at = 0; (at = all.find("\nstoker_runs_total{", at)) != all.npos;) {
    const std::string series = all.substr(at + 1, all.find('\n', at + 1) - at - 1);
    at += 1;
    if (series.find("outcome=\"" + outcome + "\"") != series.npos)
      return static_cast<std::uint64_t>(std::stod(series.substr(series.rfind(' '))));
  }
  return 0;
}

}  // namespace bench
