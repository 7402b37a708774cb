// See server_process.hpp.
#include "server_process.hpp"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace git_servers {
namespace {

constexpr std::chrono::seconds start_patience{20};
constexpr std::chrono::milliseconds between_looks{3};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

Port::Port() : reservation_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  ::setsockopt(reservation_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(reservation_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(reservation_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port on 127.0.0.1");
  number_ = ntohs(address.sin_port);
}

Port::~Port() { ::close(reservation_); }

bool Port::listens() const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(number_);
  const bool there = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return there;
}

ServerProcess::ServerProcess(const child::Arguments& arguments, const std::filesystem::path& log, const Port& port)
    : log_(log), child_(arguments, log) {
  wait_until([&] { return port.listens(); }, arguments[0]);
}

ServerProcess::ServerProcess(const child::Arguments& arguments, const std::filesystem::path& log,
                             const std::filesystem::path& socket)
    : log_(log), child_(arguments, log) {
  wait_until([&] { return std::filesystem::exists(socket); }, arguments[0]);
}

template <class Ready>
void ServerProcess::wait_until(Ready ready, const std::string& program) {
  const auto patience_ends = std::chrono::steady_clock::now() + start_patience;
  while (!ready()) {
    const bool running = child_.alive();
    if (running && std::chrono::steady_clock::now() < patience_ends) {
      std::this_thread::sleep_for(between_looks);  // it says by listening that it is ready
      continue;
    }
    stop();
    throw std::runtime_error(program + (running ? " does not listen" : " does not start (./run deps installs it)") +
                             ": " + this->log());
  }
}

void ServerProcess::stop() {
  if (child_.alive()) ::kill(-child_.pid(), SIGKILL);
  child_.kill_now();
}

std::string ServerProcess::log() const { return text_of(log_); }

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(text).str();
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!(out << text).flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace git_servers
