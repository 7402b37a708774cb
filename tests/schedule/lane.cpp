// Drives one schedule.
#include "lane.hpp"

#include "tests/support/step_clock.hpp"

#include <unistd.h>

#include <algorithm>
#include <future>

namespace stoker::schedule {

// ---------------------------------------------------------------- the bench

Bench::Bench() : HostLoop(1) {
  // In memory where there is such a place: files are made and removed by the ten thousand.
  const bool memory = ::access("/dev/shm", W_OK) == 0;
  std::string name =
      (memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) / "stoker-schedule-XXXXXX";
  if (!::mkdtemp(name.data())) throw std::runtime_error("no room for the test: " + name);
  room = name;
  data = room / "data";
  source = made<host::SourceInstance>("source", glue::source_table<WorldSource>(), true, "{}");
  verifier = made<host::VerifierInstance>("gateway", glue::verifier_table<GatewayVerifier>(), true, "{}");
}

Bench::~Bench() {
  (void)await(source->end());
  (void)await(verifier->end());
  std::filesystem::remove_all(room);
}

template <class T, class Table>
std::unique_ptr<T> Bench::made(const std::string& name, const Table* table, bool reentrant, const std::string& config) {
  auto instance = make<T>(name, table, config, reentrant);
  if (!instance) throw std::runtime_error(instance.error().message);
  return std::move(instance).value();
}

std::unique_ptr<host::StrategyInstance> Bench::strategy() {
  const std::string config = R"({"settings":{"preset":"ignition"},"use":{"target":{"name":"press-1","data":")" +
                             data.string() + R"("},"folder":")" + std::string(host::state_folder) + R"("}})";
  return made<host::StrategyInstance>("strategy-merge", watched_strategy(), false, config);
}

// ---------------------------------------------------------------- one schedule

namespace {

// The exchange of the story: what the world assigns, asked for by a hint of its own each time that somebody asks.
class WorldExchange final : public host::Exchange {
 public:
  explicit WorldExchange(World& world) : world_(world) {}
  host::Async<void> put(host::Assignment) override { co_return Result<void>(); }
  host::Async<std::optional<host::Report>> last(std::string) const override { co_return told; }
  host::Async<void> remove(std::string) override { co_return Result<void>(); }
  host::Async<std::optional<host::Assignment>> newest(std::string) const override {
    if (!world_.control_up) co_return Error(errc::unreachable, "the control plane is away");
    given = world_.assigned;
    host::Assignment assignment = given->assignment();
    assignment.asked = assignment.token = asked;
    co_return std::optional<host::Assignment>(std::move(assignment));
  }
  host::Async<void> report(std::string, host::Report report) override {
    told = std::move(report);
    co_return Result<void>();
  }
  host::Async<void> tell_stand(std::string, host::AgentStand) override { co_return Result<void>(); }
  Bell changed(std::string, std::function<void()>) override { return nullptr; }
  host::TargetWishes wishes(const std::string&) const override { return {}; }
  const host::TargetRecord* known(const std::string&) const override { return nullptr; }
  void when_changed(std::function<void(const std::string&)>) override {}

  std::uint64_t asked = 1;
  mutable std::optional<Wish> given;  // what the lane took over last
  std::optional<host::Report> told;

 private:
  World& world_;
};

// What dies with a process.
struct Process {
  std::unique_ptr<host::StrategyInstance> strategy;
  std::unique_ptr<host::TargetLane> lane;
  std::optional<Wish> last_wish;  // of the last Run
  bool verified = false;          // the last Run of this process said so
  int starts = 0;                 // of the gateway at that Run
};

class Lane {
 public:
  Lane(Bench& bench, World& world, Rules& rules) : bench_(bench), world_(world), rules_(rules), exchange_(world) {
    world_.on_assigned = [this] { take_over_now(); };
  }
  ~Lane() { end_process(); }

  void follow() {
    const Schedule schedule = world_.picks.schedule();  // a copy: picks are added while it goes on
    if (schedule.start == "settled") settle_first();
    for (const Schedule::Op& op : schedule.ops) {
      if (!rules_.broken().empty()) return;
      world_.picks.begin(op.id);
      world_.say(std::to_string(op.id) + ":" + op.what);
      if (op.what == ">")
        run();
      else
        outside(op.what);
    }
    world_.picks.close();
    come_to_rest();
  }
  std::uint64_t runs() const { return runs_; }

 private:
  // The story's own events happen when they can.
  void outside(const std::string& event) {
    if (event.starts_with("at:")) return world_.arm(event.substr(3));
    const auto possible = world_.events();
    const bool can = std::find(possible.begin(), possible.end(), event) != possible.end() ||
                     event.starts_with("assign:") || event == "no_rollback";
    if (can) world_.happen(event);
  }

  void settle_first() {
    const Wish wanted = world_.assigned;
    world_.assigned.revision = "r1";
    run();
    world_.assigned = wanted;
    world_.say("-- r1 runs and is verified");
  }

  // ---- processes

  // True when one is awake.
  bool up() {
    for (int tries = 0; tries < 8 && rules_.broken().empty(); ++tries) {
      if (process_) return true;
      begin_process();
      if (world_.dead) die();
    }
    return process_.has_value() && rules_.broken().empty();
  }

  void begin_process() {
    world_.say(" a process begins");
    world_.alive = true;
    rules_.process_begins();
    auto memory = host::TargetMemory::open(bench_.data);
    if (!memory) {
      world_.say("  cannot begin: " + memory.error().message);
      world_.alive = false;
      return;
    }
    Process made;
    made.strategy = bench_.strategy();
    const host::Assignment known = Wish().assignment();
    if (!world_.secret) return finish_without_secret(std::move(memory).value(), *made.strategy, known);
    auto target =
        bench_.target(std::move(memory).value(), *bench_.source, *made.strategy, {bench_.verifier.get()}, clock_);
    made.lane = std::make_unique<host::TargetLane>(std::move(target), known, exchange_, clock_, host::ModuleLog());
    process_ = std::move(made);
    host::Target& own = process_->lane->target();
    rules_.run_begins(own.memory.assignment().value_or(known));
    exchange_.told.reset();
    bench_.await(process_->lane->wake_up());
    if (world_.dead) return;
    world_.say(" awake: " + (exchange_.told ? line_of(*exchange_.told) : "nothing was left"));
    rules_.woken();
  }

  // Nobody can ask the gateway, so no lane begins. What a dead process left is finished all the same.
  void finish_without_secret(host::TargetMemory memory, host::StrategyInstance& strategy,
                             const host::Assignment& known) {
    {
      const Error why(errc::not_found, "the secret is gone");
      host::Target target("press-1", bench_.workers, nullptr, strategy, host::Verifiers::unavailable(why),
                          std::move(memory), clock_);
      const host::Assignment last = target.memory.assignment().value_or(known);
      rules_.run_begins(last);
      const host::Report report = bench_.await(host::wake(target, last, {}));
      if (!world_.dead) {
        world_.say(" without a secret: " + line_of(report));
        rules_.started_without_secret();
      }
      const bool was_dead = std::exchange(world_.dead, true);
      (void)bench_.await(strategy.end());
      world_.dead = was_dead;
    }
    if (world_.dead) return;
    rules_.process_died();
    world_.alive = false;
    world_.point("no secret yet", 3, {});
  }

  void end_process() {
    if (!process_) return;
    const bool was_dead = std::exchange(world_.dead, true);  // nothing of it reaches the disk any more
    process_->lane.reset();
    (void)bench_.await(process_->strategy->end());
    process_.reset();
    world_.dead = was_dead;
  }

  void die() {
    end_process();
    world_.alive = false;
    if (!rules_.broken().empty()) return;
    world_.dead = false;
    rules_.process_died();
    world_.point("between two processes", 3, {});
    world_.dead = false;
  }

  // ---- Runs

  // Somebody assigned something while a step of the process is under way. The lane takes it over on its own thread, and
  // the step goes on when it has: so a story that is given again takes the same course.
  void take_over_now() {
    if (!in_step_ || !process_ || !world_.control_up) return;
    std::promise<void> taken;
    host::asio::co_spawn(bench_.loop, process_->lane->pull(),
                         [&taken](std::exception_ptr, bool) { taken.set_value(); });
    taken.get_future().wait();
  }

  // What the lane does on a hint: Runs until nothing newer is assigned.
  std::optional<host::Report> run() {
    for (int again = 0; again < 6; ++again) {
      if (!up()) return std::nullopt;
      ++exchange_.asked;
      bench_.await(process_->lane->pull());
      if (!exchange_.given || !process_->lane->due()) return timed_run();
      const Wish wish = *exchange_.given;
      auto report = step(wish);
      if (!rules_.broken().empty()) return std::nullopt;
      if (!report) continue;
      const bool newer = world_.control_up && !wish.assignment().same_work(world_.assigned.assignment());
      if (!newer) return report;
    }
    return std::nullopt;
  }

  // Nobody can say what is assigned: the lane goes on by itself, when its own time has come.
  std::optional<host::Report> timed_run() {
    const auto at = process_->lane->due_at();
    if (!at || !exchange_.given) return std::nullopt;
    let_time_pass(*at);
    return step(*exchange_.given);
  }

  void let_time_pass(std::int64_t until) {
    clock_.move_to(until);
    world_.end_scans();
  }

  // What is due now. Nothing: no Run ended, since the process died or there was no reason for one.
  std::optional<host::Report> step(const Wish& wish) {
    const bool nothing_to_do = nothing_to_do_for(wish);
    const std::uint64_t writes = world_.writes, happened = world_.happened;
    const std::size_t picked = world_.picks.made();
    const int starts = world_.starts;
    rules_.run_begins(wish.assignment());
    world_.locked = world_.unlock_failed = false;
    world_.say(" Run of " + wish.name());
    exchange_.told.reset();
    in_step_ = true;
    bench_.await(process_->lane->act());
    in_step_ = false;
    if (world_.dead) {
      ++runs_;
      die();
      return std::nullopt;
    }
    if (!exchange_.told) return std::nullopt;
    ++runs_;
    const host::Report report = *exchange_.told;
    world_.say(" = " + line_of(report));
    const bool quiet = happened == world_.happened && picked == world_.picks.made();
    rules_.run_ended(report, wish, writes, nothing_to_do && quiet);
    process_->last_wish = wish;
    process_->verified = report.verified;
    process_->starts = starts;
    return report;
  }

  bool nothing_to_do_for(const Wish& wish) const {
    const host::Memory& m = process_->lane->target().memory.now();
    const bool settled = process_->verified && process_->starts == world_.starts;
    const bool quiet = settled && world_.state == "running" && world_.source_up && !world_.disk_full && m.sure() &&
                       !m.waiting && !m.quarantine && !m.overwritten && m.role && name(*m.role) == world_.role &&
                       process_->last_wish == wish;
    if (!quiet || m.retried != wish.retry || m.running->revision != wish.revision) return false;
    const host::Assignment wanted = wish.assignment();
    return m.running->inputs == wanted.inputs(*m.role) && m.running->vars == wanted.vars_digest();
  }

  std::string line_of(const host::Report& report) const {
    std::string line = std::string(name(report.outcome)) + " at " + std::string(name(report.stage));
    if (report.verified) line += ", verified";
    if (report.hold) line += ", hold " + report.hold->name;
    if (report.error) line += ": " + report.error->message;
    for (const Note& note : report.notes) line += " [" + note.code + " " + note.path + "]";
    return line;
  }

  // ---- rest

  void come_to_rest() {
    if (!rules_.broken().empty()) return;
    world_.say("-- from here on nothing goes wrong");
    world_.disk_full = world_.designer = world_.sick = world_.unsure = world_.stubborn = world_.slow_scans = false;
    world_.rights = world_.secret = true;
    world_.disarm();
    world_.source_up = world_.control_up = true;
    world_.role = "master";
    world_.release_lock();
    world_.end_scans();
    world_.assigned.dry = world_.assigned.hold = false;
    let_it_start();
    drive();
    if (rules_.broken().empty()) rules_.at_rest();
    const bool other_mapping = world_.assigned.other_mapping;
    world_.assigned = Wish();
    world_.assigned.revision = "rF";
    world_.assigned.other_mapping = other_mapping;
    drive();
    if (!rules_.broken().empty()) return;
    if (!last_ || !last_->verified || rules_.durable().running->revision != "rF")
      return rules_.breaks("converges", "rF is not verified at rest: " + (last_ ? line_of(*last_) : "no Run"));
    const std::uint64_t before = world_.writes;
    run();
    if (world_.writes != before) return rules_.breaks("still", "a second Run of a verified revision wrote");
    end_process();
    up();  // what a Run could not remove the next process sweeps
    end_process();
    const Unwatched own;
    if (rules_.broken().empty()) rules_.at_end();
  }

  // Runs as the lane has them by itself, while others bring the gateway up again.
  void drive() {
    last_.reset();
    for (int n = 0; n < 12 && rules_.broken().empty(); ++n) {
      if (!up()) return;
      bench_.await(process_->lane->pull());
      if (!exchange_.given) return;
      auto report = run_by_itself();
      if (!report) return;
      last_ = std::move(report);
      if (world_.lock == "us") world_.release_lock();  // its hold time is over
      let_it_start();
    }
    if (world_.nobody()) return;  // what is on disk keeps it from starting
    if (rules_.broken().empty()) rules_.breaks("converges", "twelve Runs in a row, and it wants another");
  }

  // Lets the time pass until a Run has ended. A quiet lane only looks at its target, again and again: nothing.
  std::optional<host::Report> run_by_itself() {
    const std::int64_t until = clock_.monotonic_ms() + 331'000;
    while (process_ && rules_.broken().empty()) {
      if (!process_->lane->due()) {
        const auto at = process_->lane->due_at();
        if (!at || *at > until) return std::nullopt;
        let_time_pass(*at);
      }
      if (auto report = step(*exchange_.given)) return report;
    }
    return std::nullopt;
  }

  void let_it_start() {
    if (world_.nobody()) world_.happen("gw_up");
    for (int i = 0; i < 2; ++i)
      if (world_.state != "running") world_.happen("gw_ready");
  }

  Bench& bench_;
  World& world_;
  Rules& rules_;
  WorldExchange exchange_;
  host::testing::StepClock clock_;
  std::optional<Process> process_;
  std::atomic<bool> in_step_{false};
  std::optional<host::Report> last_;
  std::uint64_t runs_ = 0;
};

}  // namespace

Outcome follow(Bench& bench, Picks picks, bool tracing) {
  watch(nullptr, bench.data);
  std::filesystem::remove_all(bench.data);
  std::filesystem::create_directory(bench.data);
  World world(bench.data, std::move(picks));
  world.tracing = tracing;
  Rules rules(world);
  watch(&world, bench.data);
  {
    Lane lane(bench, world, rules);
    lane.follow();
    world.counts["Runs"] += lane.runs();
  }
  watch(nullptr, bench.data);
  return {rules.broken(), rules.text(), world.picks.schedule(), world.counts, world.trace};
}

}  // namespace stoker::schedule
