// ignition-sim as a program: one gateway on one data directory, until SIGTERM or SIGINT.
#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>

#include <iostream>
#include <map>

#include "support/ignition_sim/gateway.hpp"

namespace {

std::string ports_line(const ignition_sim::Gateway& gateway) {
  return "{\"port\":" + std::to_string(gateway.port()) + ",\"controlPort\":" + std::to_string(gateway.control_port()) +
         ",\"url\":\"" + gateway.url() + "\",\"controlUrl\":\"" + gateway.control_url() + "\"}\n";
}

sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace ignition_sim;
  Options options;
  options.state = State::starting;
  std::string write_ports;
  std::string new_key;
  bool factory = false;
  std::string habits;
  CLI::App app("A simulated Ignition gateway; its data directory is the one under test", "ignition-sim");
  app.add_option("--data", options.data, "data directory")->required();
  app.add_option("--port", options.port, "web port, 0 for any")->capture_default_str();
  app.add_option("--control-port", options.control_port, "control port, 0 for any")->capture_default_str();
  app.add_option("--scale", options.scale, "factor of every duration but a lock's hold")->capture_default_str();
  app.add_option("--name", options.name, "the gateway's name")->capture_default_str();
  app.add_option("--mode", options.mode, "deployment mode");
  app.add_option("--signature", options.signature, "form of the signatures in resource.json: 8.1 or 8.3")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, SignatureForm>{{"8.1", SignatureForm::v8_1}, {"8.3", SignatureForm::v8_3}}));
  app.add_option("--state", options.state, "state to begin in: down, starting or running")
      ->transform(CLI::CheckedTransformer(std::map<std::string, State>{
          {"down", State::down}, {"starting", State::starting}, {"running", State::running}}));
  app.add_flag("--commissioning", options.commissioning, "the first start waits to be commissioned");
  app.add_option("--habits", habits, "what no source settles of a gateway, as JSON: habits.hpp lists it");
  app.add_option(
      "--new-key", new_key,
      "write an API key of this name with a level of its own and permissions that name it, print its token, and end");
  app.add_flag("--factory", factory,
               "with --new-key: leave the permissions as the factory has them, which let no key write");
  app.add_option("--write-ports", write_ports, "also write the line with the ports to this file");
  CLI11_PARSE(app, argc, argv);
  if (!habits.empty())
    if (const auto bad = read_habits(habits, options.habits)) throw std::runtime_error(*bad);
  if (!new_key.empty()) {
    std::cout << (factory ? write_api_token(options.data, new_key) : write_own_key(options.data, new_key)) << std::endl;
    return 0;
  }

  const sigset_t end_signals = block_end_signals();
  Gateway gateway(options);
  gateway.start();
  std::cout << ports_line(gateway) << std::flush;
  if (!write_ports.empty() && !write_file(write_ports, ports_line(gateway), write_ports + ".new"))
    throw std::runtime_error("cannot write " + write_ports);
  int received = 0;
  sigwait(&end_signals, &received);
  gateway.stop();
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "ignition-sim: " << failure.what() << '\n';
  return 1;
}
