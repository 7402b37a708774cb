// Puts machine, routes and both servers on one thread and hands every call of the owner to it.
#include "support/ignition_sim/gateway.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <thread>

#include "support/ignition_sim/machine.hpp"
#include "support/ignition_sim/routes.hpp"
#include "support/ignition_sim/server.hpp"

namespace ignition_sim {

namespace asio = boost::asio;

struct Gateway::Parts {
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(loop);
  Server web;
  Server control;
  Machine machine;
  std::thread thread;

  explicit Parts(Options options)
      : web(loop, options.port, [this](const Request& request, Reply reply) { answer_web(machine, request, reply); }),
        control(loop, options.control_port,
                [this](const Request& request, Reply reply) { answer_control(machine, request, reply); }),
        machine(loop, std::move(options), [this](bool open) { open ? web.open() : web.close(); }) {}

  // Runs f on the loop's thread and waits for what it gives; what it throws is thrown here.
  template <class F>
  auto ask(F f) -> decltype(f(machine)) {
    if (!thread.joinable()) return f(machine);
    std::packaged_task<decltype(f(machine))()> task([&] { return f(machine); });
    auto result = task.get_future();
    asio::post(loop, [&task] { task(); });
    return result.get();
  }

  bool wait(std::function<bool(Machine&)> holds, std::chrono::milliseconds timeout) {
    const auto held = std::make_shared<std::promise<void>>();
    ask([&](Machine& known) { known.when([&known, holds] { return holds(known); }, [held] { held->set_value(); }); });
    return held->get_future().wait_for(timeout) == std::future_status::ready;
  }
};

Gateway::Gateway(Options options) : parts_(std::make_unique<Parts>(std::move(options))) {}

Gateway::~Gateway() { stop(); }

void Gateway::start() {
  if (parts_->thread.joinable()) return;
  parts_->control.open();
  parts_->machine.begin();
  parts_->thread = std::thread([parts = parts_.get()] { parts->loop.run(); });
}

void Gateway::stop() {
  if (!parts_->thread.joinable()) return;
  parts_->ask([this](Machine& machine) {
    machine.end();
    parts_->web.close();
    parts_->control.close();
    parts_->work.reset();
  });
  parts_->thread.join();
}

std::string Gateway::url() const { return "http://127.0.0.1:" + std::to_string(port()); }
std::string Gateway::control_url() const { return "http://127.0.0.1:" + std::to_string(control_port()); }
std::uint16_t Gateway::port() const { return parts_->web.port(); }
std::uint16_t Gateway::control_port() const { return parts_->control.port(); }
const std::filesystem::path& Gateway::data() const { return parts_->machine.options().data; }

State Gateway::state() {
  return parts_->ask([](Machine& machine) { return machine.state(); });
}
void Gateway::set_state(State state) {
  parts_->ask([&](Machine& machine) { machine.set_state(state); });
}
void Gateway::restart() {
  parts_->ask([](Machine& machine) { machine.restart(); });
}
bool Gateway::wait_for(State state, std::chrono::milliseconds timeout) {
  return parts_->wait([state](Machine& machine) { return machine.state() == state; }, timeout);
}
std::string Gateway::fault() {
  return parts_->ask([](Machine& machine) { return machine.fault(); });
}

void Gateway::set_designers(std::vector<Designer> designers) {
  parts_->ask([&](Machine& machine) { machine.designers = std::move(designers); });
}
void Gateway::set_sessions(std::vector<PerspectiveSession> sessions) {
  parts_->ask([&](Machine& machine) { machine.sessions = std::move(sessions); });
}
Redundancy Gateway::redundancy() {
  return parts_->ask([](Machine& machine) { return machine.redundancy; });
}
void Gateway::on_resync(std::function<void()> then) {
  parts_->ask([&](Machine& machine) { machine.resync = std::move(then); });
}
void Gateway::set_pending_restarts(std::vector<std::string> tasks) {
  parts_->ask([&](Machine& machine) { machine.pending_restarts = std::move(tasks); });
}
void Gateway::set_redundancy(Redundancy redundancy) {
  parts_->ask([&](Machine& machine) { machine.redundancy = std::move(redundancy); });
}
void Gateway::set_faults(std::vector<Fault> faults) {
  parts_->ask([&](Machine& machine) { machine.faults = std::move(faults); });
}
void Gateway::set_scan_course(Kind kind, Course course) {
  parts_->ask([&](Machine& machine) { machine.set_course(kind, course); });
}
void Gateway::set_habits(Habits habits) {
  parts_->ask([&](Machine& machine) { machine.set_habits(habits); });
}
void Gateway::set_health(const std::string& resource, bool healthy, const std::string& message) {
  parts_->ask([&](Machine& machine) { machine.health[resource] = Health{healthy, message, machine.now()}; });
}
void Gateway::set_ill_after_scan(const std::string& resource, const std::string& message, Recovery recovery) {
  parts_->ask([&](Machine& machine) { machine.health[resource] = Health{true, message, machine.now(), recovery}; });
}
void Gateway::set_clock_offset(std::chrono::milliseconds offset) {
  parts_->ask([&](Machine& machine) { machine.clock_offset = offset; });
}

bool Gateway::take_lock(Kind kind, const std::string& actor, std::chrono::seconds hold) {
  const auto taken = std::make_shared<std::promise<int>>();
  parts_->ask([&](Machine& machine) {
    machine.lock(kind).acquire(actor, std::chrono::seconds(10), hold,
                               [taken](int status) { taken->set_value(status); });
  });
  return taken->get_future().get() == 200;
}
void Gateway::release_lock(Kind kind) {
  parts_->ask([&](Machine& machine) { machine.lock(kind).release(); });
}
std::optional<Lock> Gateway::lock(Kind kind) {
  return parts_->ask([&](Machine& machine) { return machine.lock(kind).held(); });
}

Saved Gateway::save(const Save& save) {
  return parts_->ask([&](Machine& machine) { return machine.save(save); });
}
void Gateway::self_writes() {
  parts_->ask([](Machine& machine) { machine.self_writes(); });
}

void Gateway::request_scan(Kind kind, const std::string& actor) {
  parts_->ask([&](Machine& machine) { machine.request_scan(kind, actor); });
}
bool Gateway::scan(Kind kind, std::chrono::milliseconds timeout) {
  request_scan(kind, "somebody");
  return parts_->wait([kind](Machine& machine) { return !machine.scanning(kind); }, timeout);
}
ScanStatus Gateway::scan_status(Kind kind) {
  return parts_->ask([&](Machine& machine) { return machine.scan_status(kind); });
}

bool Gateway::scanning(Kind kind) {
  return parts_->ask([kind](Machine& machine) { return machine.scanning(kind); });
}
void Gateway::reload() {
  parts_->ask([](Machine& machine) { machine.reload(); });
}

View Gateway::loaded() {
  return parts_->ask([](Machine& machine) { return machine.loaded(); });
}
std::string Gateway::digest(const std::string& folder) { return loaded_digest(below(loaded(), folder)); }
Projects Gateway::projects() {
  return parts_->ask([](Machine& machine) { return machine.projects(); });
}
std::vector<ScanRecord> Gateway::scans() {
  return parts_->ask([](Machine& machine) { return std::vector(machine.scans.begin(), machine.scans.end()); });
}
std::vector<Call> Gateway::calls() {
  return parts_->ask([](Machine& machine) { return std::vector(machine.calls.begin(), machine.calls.end()); });
}
void Gateway::forget_calls() {
  parts_->ask([](Machine& machine) { machine.calls.clear(); });
}
std::vector<std::string> Gateway::unknown() {
  return parts_->ask([](Machine& machine) { return std::vector(machine.unknown.begin(), machine.unknown.end()); });
}
std::vector<LogLine> Gateway::log() {
  return parts_->ask([](Machine& machine) { return std::vector(machine.log.begin(), machine.log.end()); });
}

}  // namespace ignition_sim
