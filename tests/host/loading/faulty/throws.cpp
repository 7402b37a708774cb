// A plugin of all five kinds whose every function throws, create too when it is told so. `thrown` in its settings says
// what: "error", "memory", else something that is no exception. Its classes are named as those of the sound plugin.
// Built by the tests only.
#include <new>
#include <stdexcept>
#include <stoker/plugin.hpp>

namespace faulty {

class Thrower {
 public:
  explicit Thrower(std::string thrown) : thrown_(std::move(thrown)) {}
  [[noreturn]] void act() const {
    if (thrown_ == "error") throw std::runtime_error("thrown on purpose");
    if (thrown_ == "memory") throw std::bad_alloc();
    throw 42;
  }

 private:
  std::string thrown_;
};

// What the classes have in common: how they throw, and that creating one may be the first time.
template <class Kind>
class Throwing : public Kind, public Thrower {
 public:
  Throwing(const stoker::Config& config, stoker::Host&) : Thrower(config.text("/settings/thrown")) {
    if (config.flag("/settings/create")) act();
  }
};

class FaultyTree final : public stoker::Tree, Thrower {
 public:
  explicit FaultyTree(const Thrower& thrower) : Thrower(thrower) {}
  stoker::Result<void> list(stoker::Call&, std::string_view, const stoker::Out<stoker::File>&) override { act(); }
  stoker::Result<void> read(stoker::Call&, std::string_view, const stoker::Bytes&) override { act(); }
  stoker::Result<void> diff(stoker::Call&, std::string_view, const stoker::Out<stoker::Delta>&) override { act(); }
};

class FaultySource final : public Throwing<stoker::Source> {
 public:
  using Throwing::Throwing;
  stoker::Result<void> resolve(stoker::Call&, const std::vector<std::string_view>&,
                               const stoker::Out<stoker::Resolved>&, const stoker::Out<stoker::Note>&) override {
    act();
  }
  // One revision there is, so that there is a tree whose functions can throw.
  stoker::Result<std::unique_ptr<stoker::Tree>> open(stoker::Call&, std::string_view revision) override {
    if (revision != "there") act();
    return std::unique_ptr<stoker::Tree>(std::make_unique<FaultyTree>(*this));
  }
};

class FaultyTrigger final : public Throwing<stoker::Trigger> {
 public:
  using Throwing::Throwing;
  stoker::Result<void> watch(stoker::Call&, std::string_view) override { act(); }
  stoker::Result<void> next(stoker::Call&, const stoker::Out<stoker::Hint>&) override { act(); }
};

class FaultyStrategy final : public Throwing<stoker::Strategy> {
 public:
  using Throwing::Throwing;
  stoker::Result<void> recover(stoker::Call&, std::string_view, const stoker::Out<stoker::Change>&,
                               const stoker::Out<stoker::Note>&, const stoker::Text&) override {
    act();
  }
  stoker::Result<void> plan(stoker::Call&, std::string_view, std::string_view, const stoker::View&,
                            const stoker::Out<stoker::Change>&, const stoker::Out<stoker::Note>&,
                            const stoker::Out<stoker::Decision>&) override {
    act();
  }
  stoker::Result<void> content(stoker::Call&, std::string_view, const stoker::View&, std::string_view,
                               const stoker::Bytes&) override {
    act();
  }
  stoker::Result<void> adopt(stoker::Call&, std::string_view) override { act(); }
  stoker::Result<void> stage(stoker::Call&, std::string_view, const stoker::View&) override { act(); }
  stoker::Result<void> apply(stoker::Call&, std::string_view, const stoker::Out<stoker::Note>&) override { act(); }
  stoker::Result<void> revert(stoker::Call&, std::string_view, const stoker::Out<stoker::Change>&,
                              const stoker::Out<stoker::Note>&) override {
    act();
  }
  stoker::Result<void> forget(stoker::Call&, std::string_view) override { act(); }
  stoker::Result<void> inspect(stoker::Call&, std::string_view, const stoker::Out<stoker::Change>&,
                               const stoker::Out<stoker::Note>&) override {
    act();
  }
};

class FaultyVerifier final : public Throwing<stoker::Verifier> {
 public:
  using Throwing::Throwing;
  stoker::Result<void> observe(stoker::Call&, std::string_view, const stoker::Text&) { act(); }
  stoker::Result<void> admit(stoker::Call&, std::string_view, const stoker::Plan&,
                             const stoker::Out<stoker::Decision>&) {
    act();
  }
  stoker::Result<void> lock(stoker::Call&, std::string_view, const stoker::Plan&, const stoker::Out<stoker::Decision>&,
                            const stoker::Text&) {
    act();
  }
  stoker::Result<void> verify(stoker::Call&, std::string_view, const stoker::Plan&, std::string_view,
                              const stoker::Out<stoker::Decision>&, const stoker::Out<stoker::Note>&,
                              const stoker::Text&) {
    act();
  }
  stoker::Result<void> unlock(stoker::Call&, std::string_view, std::string_view) { act(); }
  stoker::Result<void> diagnose(stoker::Call&, std::string_view, const stoker::Out<stoker::Check>&) { act(); }
  stoker::Result<void> probe(stoker::Call&, std::string_view, const stoker::Out<stoker::Check>&) { act(); }
};

class FaultyNotifier final : public Throwing<stoker::Notifier> {
 public:
  using Throwing::Throwing;
  stoker::Result<void> notify(stoker::Call&, std::string_view, std::string_view) override { act(); }
};

}  // namespace faulty

STOKER_PLUGIN(FAULT_MANIFEST, faulty::FaultySource, faulty::FaultyTrigger, faulty::FaultyStrategy,
              faulty::FaultyVerifier, faulty::FaultyNotifier);
