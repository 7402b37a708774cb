// The next process; see successor.hpp.
#include "tests/crash/successor.hpp"

#include "host/loading/plugin_library.hpp"

#include <stoker/source.hpp>

namespace crash {

namespace host = stoker::host;
using stoker::Error;

namespace {

// The library by the host's own loader: once, before any fork.
const stoker_strategy_v1* strategy_table() {
  static host::PluginLibraries libraries;
  static const stoker_strategy_v1* table = [] {
    auto manifest = host::read_manifest(STOKER_PLUGIN_DIR "/strategy-merge.so");
    if (!manifest) throw std::runtime_error(manifest.error().message);
    auto library = libraries.load(*manifest);
    if (!library) throw std::runtime_error(library.error().message);
    return (*library)->table<stoker_strategy_v1>(STOKER_STRATEGY_ID);
  }();
  return table;
}

class MemorySource final : public stoker::Source {
 public:
  MemorySource(const stoker::Config&, stoker::Host&) {}
  Result<void> resolve(stoker::Call&, const std::vector<std::string_view>&, const stoker::Out<stoker::Resolved>&,
                       const stoker::Out<stoker::Note>&) override {
    return {};
  }
  Result<std::unique_ptr<stoker::Tree>> open(stoker::Call&, std::string_view revision) override {
    return std::unique_ptr<stoker::Tree>(
        std::make_unique<stoker::testing::MemoryTree>(*source, source->revisions.at(std::string(revision))));
  }
  static inline Repository* source = nullptr;
};

template <class T>
T or_throw(Result<T> made) {
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(made).value();
}

}  // namespace

void load_strategy() { (void)strategy_table(); }

Successor::Successor(Site& site) : HostLoop(2) {
  MemorySource::source = &site.source();
  const std::string use = R"({"settings":{"preset":"none"},"use":{"target":{"name":"press-1","data":")" +
                          site.data().string() + R"("},"folder":".stoker"}})";
  source_ = or_throw(make<host::SourceInstance>("source", stoker::glue::source_table<MemorySource>(), use));
  strategy_ = or_throw(make<host::StrategyInstance>("strategy-merge", strategy_table(), use));
  auto memory = or_throw(host::TargetMemory::open(site.data()));
  target_ = target(std::move(memory), *source_, *strategy_, {}, clock_);
}

Successor::~Successor() {
  target_.reset();
  (void)await(source_->end());
  (void)await(strategy_->end());
}

host::Report Successor::wake() {
  const auto& last = target_->memory.assignment();
  return await(host::wake(*target_, last ? *last : Site::assignment("r1"), {}));
}

host::Report Successor::run(const std::string& revision) {
  const host::Assignment a = Site::assignment(revision);
  if (auto kept = target_->memory.assign(a); !kept) throw std::runtime_error("assign: " + kept.error().message);
  return await(host::run(*target_, a, false, {}));
}

void Successor::remember(host::Memory next) {
  if (auto kept = target_->memory.write(std::move(next)); !kept) throw std::runtime_error(kept.error().message);
}

std::string told(const host::Report& report) {
  return summary(report) + (report.error ? " (" + report.error->code + " " + report.error->message + ")" : "");
}

bool holds(const host::Memory& memory, const std::string& key) {
  return std::any_of(memory.held.begin(), memory.held.end(), [&](const host::Held& h) { return h.key == key; });
}

}  // namespace crash
