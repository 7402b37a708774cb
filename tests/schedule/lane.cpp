// Drives one schedule.
#include "lane.hpp"

#include <unistd.h>

#include <algorithm>

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

// What dies with a process.
struct Process {
  std::unique_ptr<host::StrategyInstance> strategy;
  std::unique_ptr<host::Target> target;
  host::Patience patience;
  bool scan_all = true, due = true;
  std::optional<Wish> last_wish;
  bool wants_again = false;
};

class Lane {
 public:
  Lane(Bench& bench, World& world, Rules& rules) : bench_(bench), world_(world), rules_(rules) {
    world_.on_assigned = [this] {
      if (running_ && world_.control_up && !running_->same_work(world_.assigned.assignment())) stop_.request_stop();
    };
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
    made.target = bench_.target(std::move(memory).value(), *bench_.source, *made.strategy, {bench_.verifier.get()},
                                [this] { return ++now_; });
    process_ = std::move(made);
    host::Target& target = *process_->target;
    const host::Assignment last = target.memory.assignment().value_or(Wish().assignment());
    rules_.run_begins(last);
    stop_ = {};
    const host::Report report = bench_.await(host::wake(target, last, stop_.get_token()));
    if (world_.dead) return;
    world_.say(" awake: " + line_of(report));
    rules_.woken();
  }

  void end_process() {
    if (!process_) return;
    const bool was_dead = std::exchange(world_.dead, true);  // nothing of it reaches the disk any more
    process_->target.reset();
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

  // What the lane does on a hint: Runs until nothing newer is assigned.
  std::optional<host::Report> run() {
    for (int again = 0; again < 6; ++again) {
      if (!up()) return std::nullopt;
      host::TargetMemory& memory = process_->target->memory;
      if (!world_.control_up && !memory.assignment()) return std::nullopt;
      const Wish wish = world_.control_up ? world_.assigned : last_wish_;
      auto report = one_run(wish);
      if (!rules_.broken().empty()) return std::nullopt;
      if (!report) continue;
      const bool newer = world_.control_up && !wish.assignment().same_work(world_.assigned.assignment());
      if (!newer) return report;
    }
    return std::nullopt;
  }

  std::optional<host::Report> one_run(const Wish& wish) {
    host::Target& target = *process_->target;
    host::Assignment assignment = wish.assignment();
    assignment.scan_all = process_->scan_all;
    const bool nothing_to_do = nothing_to_do_for(wish);
    const std::uint64_t writes = world_.writes, happened = world_.happened;
    const std::size_t picked = world_.picks.made();
    rules_.run_begins(assignment);
    world_.locked = world_.unlock_failed = false;
    ++runs_;
    world_.say(" Run of " + wish.name());
    stop_ = {};
    running_ = assignment;
    host::Report report(assignment);
    last_wish_ = wish;
    auto kept = target.memory.assign(assignment);
    if (kept)
      report = bench_.await(host::run(target, assignment, stop_.get_token()));
    else
      report.failed(host::Stage::recover, std::move(kept).error());
    running_.reset();
    if (world_.dead) {
      die();
      return std::nullopt;
    }
    world_.say(" = " + line_of(report));
    const bool quiet = happened == world_.happened && picked == world_.picks.made();
    rules_.run_ended(report, wish, writes, nothing_to_do && quiet);
    ended(report, wish);
    return report;
  }

  // As the host's lane does after a Run.
  void ended(const host::Report& report, const Wish& wish) {
    if (!process_) return;
    if (report.verified) process_->scan_all = false;
    process_->wants_again = process_->patience.after(report, process_->target->memory.now(), now_, 0).has_value();
    process_->last_wish = wish;
    process_->due = false;
  }

  bool nothing_to_do_for(const Wish& wish) const {
    const host::Memory& m = process_->target->memory.now();
    const bool quiet = world_.state == "running" && world_.source_up && !world_.disk_full && m.sure() && !m.waiting &&
                       !m.quarantine && m.role == world_.role && process_->last_wish && *process_->last_wish == wish;
    if (!quiet || m.retried != wish.retry || m.running->revision != wish.revision) return false;
    host::Assignment as_seen = wish.assignment();
    as_seen.facts.role = world_.role;
    return m.running->inputs == as_seen.inputs() && m.running->vars == as_seen.vars_digest() && !process_->scan_all;
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
    world_.disk_full = world_.designer = world_.sick = false;
    world_.source_up = world_.control_up = true;
    world_.role = "master";
    world_.lock.clear();
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
      if (!wants_a_run()) return;
      if (auto report = run()) last_ = std::move(report);
      if (world_.lock == "us") world_.lock.clear();  // its hold time is over
      let_it_start();
    }
    if (world_.nobody()) return;  // what is on disk keeps it from starting
    if (rules_.broken().empty()) rules_.breaks("converges", "twelve Runs in a row, and it wants another");
  }

  bool wants_a_run() {
    Process& p = *process_;
    const bool newer = !p.last_wish || !p.last_wish->assignment().same_work(world_.assigned.assignment());
    if (p.due || newer || p.wants_again) return true;
    const host::Facts before = p.target->facts;
    auto facts = bench_.await(host::observe(*p.target, world_.assigned.assignment(), {}));
    if (!facts) return true;
    if (facts->started != before.started) p.scan_all = true;
    return facts->started != before.started || facts->state != before.state || facts->role != before.role ||
           facts->hold != before.hold;
  }

  void let_it_start() {
    if (world_.nobody()) world_.happen("gw_up");
    for (int i = 0; i < 2; ++i)
      if (world_.state != "running") world_.happen("gw_ready");
  }

  Bench& bench_;
  World& world_;
  Rules& rules_;
  std::int64_t now_ = 1'700'000'000'000;
  std::optional<Process> process_;
  std::stop_source stop_;
  std::optional<host::Assignment> running_;
  std::optional<host::Report> last_;
  Wish last_wish_;
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
