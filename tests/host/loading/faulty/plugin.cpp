// The sound plugin and, by macros, its faulty variants: what the loader and the host must survive. Built by the tests
// only. The namespace is not anonymous: libraries with equal inner symbols are tested together.
#include <cstdio>
#include <cstdlib>
#include <stoker/plugin.hpp>
#include <thread>

namespace faulty {

#ifdef FAULT_CRASHES
[[gnu::constructor]] void crash() {
  std::fputs("the licence server is away\n", stderr);
  std::abort();
}
#endif
#ifdef FAULT_EXITS
[[gnu::constructor]] void leave() { std::_Exit(0); }
#endif
#ifdef FAULT_HANGS
[[gnu::constructor]] void hang() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}
#endif
#ifdef FAULT_SYMBOL
extern "C" int symbol_that_nobody_has();
[[gnu::used]] int reference() { return symbol_that_nobody_has(); }
#endif

// What every function of the plugin does.
stoker::Result<void> act() {
#ifdef FAULT_SLEEPS
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
#else
  return {};
#endif
}

class FaultyVerifier final : public stoker::Verifier {
 public:
  FaultyVerifier(const stoker::Config&, stoker::Host&) {}
  stoker::Result<void> observe(stoker::Call&, std::string_view, const stoker::Text& facts) {
    if (auto acted = act(); !acted) return acted;
    return facts.put(R"({"state": "running"})");
  }
  stoker::Result<void> admit(stoker::Call&, std::string_view, const stoker::Plan&,
                             const stoker::Out<stoker::Decision>& out) {
    if (auto acted = act(); !acted) return acted;
    return out.put(stoker::Decision::allow());
  }
  stoker::Result<void> lock(stoker::Call&, std::string_view, const stoker::Plan&,
                            const stoker::Out<stoker::Decision>& out, const stoker::Text&) {
    if (auto acted = act(); !acted) return acted;
    return out.put(stoker::Decision::allow());
  }
  stoker::Result<void> verify(stoker::Call&, std::string_view, const stoker::Plan&, std::string_view,
                              const stoker::Out<stoker::Decision>& out, const stoker::Out<stoker::Note>&,
                              const stoker::Text&) {
    if (auto acted = act(); !acted) return acted;
    return out.put(stoker::Decision::healthy());
  }
  stoker::Result<void> unlock(stoker::Call&, std::string_view, std::string_view) { return act(); }
};

class FaultyNotifier final : public stoker::Notifier {
 public:
  FaultyNotifier(const stoker::Config&, stoker::Host&) {}
  stoker::Result<void> notify(stoker::Call&, std::string_view, std::string_view) override { return act(); }
};

}  // namespace faulty

#ifdef FAULT_ID
#undef STOKER_PLUGIN_ID
#define STOKER_PLUGIN_ID "somebody-else"
#endif
#ifdef FAULT_VERSION
#undef STOKER_PLUGIN_VERSION
#define STOKER_PLUGIN_VERSION "9.9.9"
#endif

STOKER_PLUGIN(FAULT_MANIFEST, faulty::FaultyVerifier, faulty::FaultyNotifier);
