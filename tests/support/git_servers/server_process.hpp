// What every server of this folder is made of: a port on loopback that nobody else gets, and a program that listens
// there. Owned by the test's main thread; see support/child.hpp.
#pragma once

#include "support/child.hpp"

#include <cstdint>
#include <string>

namespace git_servers {

// A port of 127.0.0.1. A socket is bound to it as long as this lives, so that the kernel gives it to no other
// test; a program that sets SO_REUSEADDR, as all servers do, can listen on it nevertheless, and again after a restart.
class Port {
 public:
  Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port();
  std::uint16_t number() const { return number_; }
  std::string text() const { return std::to_string(number_); }
  bool listens() const;

 private:
  int reservation_ = -1;
  std::uint16_t number_ = 0;
};

// Runs from construction, which waits until the port is listened on, to stop(), which ends the process's whole group.
// Throws with what the program said when it does not start.
class ServerProcess {
 public:
  ServerProcess(const child::Arguments& arguments, const std::filesystem::path& log, const Port& port);
  // One that listens elsewhere, on a file.
  ServerProcess(const child::Arguments& arguments, const std::filesystem::path& log,
                const std::filesystem::path& socket);
  ServerProcess(ServerProcess&&) = default;
  ServerProcess& operator=(ServerProcess&&) = default;
  ~ServerProcess() { stop(); }
  void stop();
  std::string log() const;

 private:
  template <class Ready>
  void wait_until(Ready ready, const std::string& program);

  std::filesystem::path log_;
  child::Child child_;
};

std::string text_of(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace git_servers
