#include "plant.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace bench {

namespace fs = std::filesystem;

namespace {

class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// One that was free a moment ago: who polls must know it before the program says it.
}  // namespace

std::uint16_t free_port() {
  const Socket socket;
  sockaddr_in address = local(0);
  socklen_t size = sizeof address;
  if (::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

Plant::Plant(Place place) : place_(std::move(place)), port_(free_port()) {
  fs::create_directories(place_.room / "syncs");
  fs::create_directories(place_.data);
  std::ofstream(place_.room / "stoker.yaml")
      << "state: " << place_.state().string() << "\nmodules:\n"
      << "  source-git: {settings: {allowFile: true}}\n  trigger-poll: {settings: {interval: 1s}}\n"
      << "  strategy-merge: {}\n  verify-json: {order: 10}\nhttp: {listen: \"127.0.0.1:" << port_
      << "\"}\nsyncs: " << (place_.room / "syncs").string()
      << "\ntargets:\n  - {name: press-1, sync: line-a, profile: line, data: " << place_.data.string() << "}\n";
  std::ofstream(place_.room / "syncs/line-a.yaml")
      << "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata:\n  name: line-a\nspec:\n  git: {repo: \"file://"
      << place_.repository().string() << "\", ref: main}\n  polling: {enabled: true, interval: 1s}\n  sync:\n"
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
  const Socket socket;
  const sockaddr_in address = local(port_);
  const timeval patience{1, 0};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::recv(socket.fd(), buffer.data(), buffer.size(), 0)) > 0;)
    answer.append(buffer.data(), static_cast<std::size_t>(got));
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
