// A verifier that does to its process what its setting `does` says, in each `admit`: what a plugin can do that reaches
// beyond its call. As a notifier it does it in each `notify`.
#include <stoker/plugin.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace mischief {

stoker::Result<void> act(const std::string& what) {
  if (what == "prints") {
    std::puts("a plugin was here");
    std::fflush(stdout);
  }
  if (what == "closes-streams")
    for (const int stream : {0, 1, 2}) ::close(stream);
  if (what == "ignores-signals")
    for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, SIG_IGN);
  if (what == "crashes") std::raise(SIGSEGV);
  if (what == "is-killed") ::kill(::getpid(), SIGKILL);
  if (what == "imitates-the-host")
    return stoker::Error(stoker::errc::exhausted, "no worker thread is free", "host.busy");
  if (what == "fails-silently") return stoker::Error(stoker::errc::denied, "");
  return {};
}

class Verifier final : public stoker::Verifier {
 public:
  Verifier(const stoker::Config& config, stoker::Host&) : does_(config.text("/settings/does")) {}
  stoker::Result<void> admit(stoker::Call&, std::string_view, const stoker::Plan&,
                             const stoker::Out<stoker::Decision>& out) override {
    if (auto acted = act(does_); !acted) return acted;
    return out.put(stoker::Decision::allow());
  }

 private:
  const std::string does_;
};

class Notifier final : public stoker::Notifier {
 public:
  Notifier(const stoker::Config& config, stoker::Host&) : does_(config.text("/settings/notifies")) {}
  stoker::Result<void> notify(stoker::Call&, std::string_view, std::string_view) override { return act(does_); }

 private:
  const std::string does_;
};

}  // namespace mischief

STOKER_PLUGIN("mischief.json", mischief::Verifier, mischief::Notifier);
