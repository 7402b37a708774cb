#include "workers.hpp"

#include "bounds.hpp"
#include "counted_syncs.hpp"
#include "figures.hpp"
#include "tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <fstream>
#include <iostream>

namespace bench {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

json::array listed(const Samples& samples) { return json::array(samples.all().begin(), samples.all().end()); }

void say(json::object document) {
  document["rssPeakKib"] = status_kib(::getpid(), "VmHWM");
  document["rssAnonKib"] = status_kib(::getpid(), "RssAnon");
  std::cout << json::serialize(document) << "\n";
}

host::CallLimits long_enough() { return host::CallLimits(std::chrono::minutes(10)); }

// What one stage of all rounds took.
struct Stage {
  Samples ms;
  std::uint64_t syncs = 0;
  Io io;

  template <class Body>
  void measure(Body&& body) {
    const Io io_before = Io::now();
    const std::uint64_t syncs_before = syncs_so_far();
    const Stopwatch watch;
    body();
    ms.add(watch.ms());
    syncs += syncs_so_far() - syncs_before;
    io += Io::now() - io_before;
  }
  json::object document() const {
    const auto rounds = static_cast<double>(std::max<std::size_t>(ms.count(), 1));
    const auto each = [&](std::uint64_t sum) { return static_cast<double>(sum) / rounds; };
    return {{"ms", listed(ms)},
            {"syncs", each(syncs)},
            {"readChars", each(io.read_chars)},
            {"writtenChars", each(io.written_chars)},
            {"readBytes", each(io.read_bytes)},
            {"writtenBytes", each(io.written_bytes)}};
  }
};

struct OneFile {
  Stage open, plan, stage, apply, forget;
};

void one_run(Parts& parts, const std::string& run, const std::string& revision, OneFile& into) {
  const std::string assignment = host::document_of(parts.briefing(revision));
  host::OpenTree tree;
  into.open.measure([&] { tree = parts.open(revision); });
  into.plan.measure([&] {
    const host::Planned planned = parts.await(parts.strategy().plan(long_enough(), run, assignment, tree));
    if (planned.changes.size() != 1) throw std::runtime_error(std::to_string(planned.changes.size()) + " changes");
  });
  into.stage.measure([&] { parts.await(parts.strategy().stage(long_enough(), run, tree)); });
  into.apply.measure([&] { parts.await(parts.strategy().apply(run)); });
  parts.close(tree);
  into.forget.measure([&] { parts.await(parts.strategy().forget(run)); });
}

// Moves the time of every file, so that no stat is as it was.
void touch_all(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) ::utimensat(AT_FDCWD, entry.path().c_str(), nullptr, 0);
}

}  // namespace

void make_repository(const Work& work) {
  const Tree tree(work.files, work.seed);
  const Tree::Commits commits = tree.import(work.place.repository());
  say({{"first", commits.first}, {"second", commits.second}, {"changing", tree.changing()}, {"bytes", tree.bytes()}});
}

void fill(const Work& work) {
  const Tree tree(work.files, work.seed);
  const Stopwatch writing;
  tree.write(work.place.data);
  const double written = writing.ms();
  Parts parts(work.place);
  const Stopwatch opening;
  const host::OpenTree opened = parts.open(work.first);
  const double fetched = opening.ms();
  const std::string assignment = host::document_of(parts.briefing(work.first));
  const Stopwatch adopting;
  const host::Planned planned = parts.await(parts.strategy().plan(long_enough(), "adopt", assignment, opened));
  if (!planned.changes.empty()) throw std::runtime_error("the tree is not as the commit has it");
  parts.await(parts.strategy().adopt("adopt"));
  parts.close(opened);
  say({{"writeMs", written}, {"fetchMs", fetched}, {"adoptMs", adopting.ms()}});
  parts.end();
}

void change_one_file(const Work& work) {
  const std::string bytes(8192, 'x');
  const fs::path beside = work.place.data / "bound";
  fs::create_directories(beside);
  Parts parts(work.place);
  OneFile warm_up, counted;
  one_run(parts, "warm-up", work.second, warm_up);
  Samples total, diff, write, bound;
  for (int round = 0; round < work.rounds; ++round) {
    const bool back = round % 2 == 0;
    const std::string& to = back ? work.first : work.second;
    one_run(parts, "round-" + std::to_string(round), to, counted);
    const auto last = [](const Stage& stage) { return stage.ms.all().back(); };
    total.add(last(counted.plan) + last(counted.stage) + last(counted.apply));
    if (!work.bound) continue;
    const Stopwatch diffing;
    diff_tree(work.place.repository(), back ? work.second : work.first, to);
    diff.add(diffing.ms());
    const Stopwatch writing;
    write_durably(beside, bytes);
    write.add(writing.ms());
    bound.add(diff.all().back() + write.all().back());
  }
  say({{"ms", listed(total)},
       {"boundMs", listed(bound)},
       {"diffTreeMs", listed(diff)},
       {"durableWriteMs", listed(write)},
       {"ratio", ratio(total, bound)},
       {"open", counted.open.document()},
       {"plan", counted.plan.document()},
       {"stage", counted.stage.document()},
       {"apply", counted.apply.document()},
       {"forget", counted.forget.document()}});
  parts.end();
}

void look_for_drift(const Work& work) {
  Parts parts(work.place);
  host::Briefing briefing = parts.briefing(work.first);
  briefing.scan_all = true;
  const std::string document = host::document_of(briefing);
  const host::OpenTree tree = parts.open(work.first);
  const auto look = [&](Stage& stage) {
    stage.measure([&] {
      const host::Planned planned = parts.await(parts.strategy().plan(long_enough(), "look", document, tree));
      if (!planned.changes.empty() || !planned.notes.empty()) throw std::runtime_error("drift where there is none");
    });
  };
  const fs::path projects = work.place.data / "projects";
  Stage warm_up, by_stat, by_hash;
  look(warm_up);
  Samples stat_bound, hash_bound;
  for (int round = 0; round < work.rounds; ++round) {
    look(by_stat);
    const Stopwatch walking;
    if (stat_walk(projects) != work.files) throw std::runtime_error("the walk did not see every file");
    stat_bound.add(walking.ms());
  }
  const std::uint64_t stat_peak = status_kib(::getpid(), "VmHWM");
  touch_all(projects);
  for (int round = 0; round < work.rounds; ++round) {
    look(by_hash);
    const Stopwatch walking;
    hash_walk(projects);
    hash_bound.add(walking.ms());
  }
  parts.close(tree);
  say({{"byStat", by_stat.document()},
       {"statWalkMs", listed(stat_bound)},
       {"statPeakKib", stat_peak},
       {"statRatio", ratio(by_stat.ms, stat_bound)},
       {"byHash", by_hash.document()},
       {"hashWalkMs", listed(hash_bound)},
       {"hashRatio", ratio(by_hash.ms, hash_bound)}});
  parts.end();
}

}  // namespace bench
