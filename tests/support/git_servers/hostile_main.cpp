// hostile-git FOLDER FILE VERSION: one conversation on stdin and stdout; what an sshd runs instead of git-upload-pack.
// The file names the act.
#include "hostile_wire.hpp"
#include "server_process.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

int main(int count, char** arguments) try {
  if (count != 4) {
    std::fputs("hostile-git FOLDER FILE VERSION\n", stderr);
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  const auto content = git_servers::HostileContent::read(arguments[1]);
  git_servers::PlainWire wire(STDIN_FILENO, STDOUT_FILENO);
  const git_servers::Act act = git_servers::act_of(git_servers::text_of(arguments[2]));
  const auto version = arguments[3][0] == '2' ? git_servers::Version::second : git_servers::Version::first;
  git_servers::perform(act, git_servers::Over::ssh, version, wire, content, {});
  return 0;
} catch (const std::exception& broken) {
  std::fprintf(stderr, "hostile-git: %s\n", broken.what());
  return 1;
}
