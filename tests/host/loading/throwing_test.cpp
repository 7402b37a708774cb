// A plugin that throws in every function of every kind: each call ends with a status and a message, and this process
// lives. Also when the plugin brings a C++ runtime of its own, whose exceptions the host could not even name.
#include <gtest/gtest.h>
#include <stoker/abi/notifier.h>
#include <stoker/abi/trigger.h>
#include <stoker/testing/fake_host.hpp>

#include <algorithm>
#include <functional>

#include "host/loading/elf_file.hpp"
#include "host/loading/plugin_library.hpp"
#include "support/plugin_files.hpp"

namespace stoker::host {
namespace {

struct Throw {
  const char* library;
  const char* thrown;
  stoker_status status;
  const char* message;
};

class ThrowingPluginTest : public ::testing::TestWithParam<Throw> {
 protected:
  void SetUp() override {
    const auto manifest = read_manifest(faulty(GetParam().library));
    ASSERT_TRUE(manifest) << manifest.error().message;
    auto loaded = libraries_.load(*manifest);
    ASSERT_TRUE(loaded) << loaded.error().message;
    library_ = *loaded;
  }

  template <class Table>
  const Table& table(std::string_view kind) const {
    return *library_->table<Table>(kind);
  }
  std::string config(bool create) const {
    return std::string(R"({"settings": {"thrown": ")") + GetParam().thrown + R"(", "create": )" +
           (create ? "true" : "false") + "}}";
  }
  template <class Table, class Instance>
  Instance* made(const Table& of, stoker_status (*)(const stoker_host*, const stoker_call*, stoker_str, Instance**)) {
    const testing::FakeCall call;
    Instance* instance = nullptr;
    EXPECT_EQ(of.create(host.raw(), call.raw(), str(config(false)), &instance), STOKER_OK);
    return instance;
  }
  template <class Table>
  auto made(const Table& of) {
    return made(of, of.create);
  }

  // The call ends with the status and the message of what was thrown.
  void fails(const char* function, const std::function<stoker_status(const stoker_call*)>& act) {
    const testing::FakeCall call;
    EXPECT_EQ(act(call.raw()), GetParam().status) << function;
    EXPECT_EQ(call.error().value_or(Error()).message, GetParam().message) << function;
  }
  template <class Table>
  void create_fails(const char* kind) {
    fails(kind, [&](const stoker_call* call) {
      decltype(made(std::declval<const Table&>())) instance = nullptr;
      const stoker_status status = table<Table>(kind).create(host.raw(), call, str(config(true)), &instance);
      EXPECT_EQ(instance, nullptr) << kind;
      return status;
    });
  }

  testing::FakeHost host;
  const testing::FakePlan plan;
  testing::FakeView tree{"revision"};
  testing::CollectedText text;
  testing::CollectedBytes bytes;
  testing::Collected<Decision> decisions;
  testing::Collected<Change> changes;
  testing::Collected<Note> notes;
  testing::Collected<Check> checks;

 private:
  PluginLibraries libraries_;
  PluginLibrary* library_ = nullptr;
};

TEST_P(ThrowingPluginTest, FailsToCreateAnyKindWithAStatus) {
  create_fails<stoker_source_v1>(STOKER_SOURCE_ID);
  create_fails<stoker_trigger_v1>(STOKER_TRIGGER_ID);
  create_fails<stoker_strategy_v1>(STOKER_STRATEGY_ID);
  create_fails<stoker_verifier_v1>(STOKER_VERIFIER_ID);
  create_fails<stoker_notifier_v1>(STOKER_NOTIFIER_ID);
}

TEST_P(ThrowingPluginTest, AnswersWithAStatusInEveryFunctionOfASource) {
  const auto& t = table<stoker_source_v1>(STOKER_SOURCE_ID);
  stoker_source* source = made(t);
  testing::Collected<Resolved> resolved;
  testing::Collected<File> files;
  testing::Collected<Delta> deltas;
  const stoker_str ref = str("main");
  stoker_tree* opened = nullptr;
  fails("resolve", [&](auto* call) { return t.resolve(source, call, &ref, 1, resolved.sink(), notes.sink()); });
  fails("open", [&](auto* call) { return t.open(source, call, str("gone"), &opened); });
  EXPECT_EQ(opened, nullptr);
  const testing::FakeCall good;
  ASSERT_EQ(t.open(source, good.raw(), str("there"), &opened), STOKER_OK);
  fails("list", [&](auto* call) { return t.list(opened, call, str(""), files.sink()); });
  fails("read", [&](auto* call) { return t.read(opened, call, str("a"), bytes.sink()); });
  fails("diff", [&](auto* call) { return t.diff(opened, call, str("there"), deltas.sink()); });
  t.close(opened);
  t.destroy(source);
}

TEST_P(ThrowingPluginTest, AnswersWithAStatusInEveryFunctionOfATrigger) {
  const auto& t = table<stoker_trigger_v1>(STOKER_TRIGGER_ID);
  stoker_trigger* trigger = made(t);
  testing::Collected<Hint> hints;
  fails("watch", [&](auto* call) { return t.watch(trigger, call, str("[]")); });
  fails("next", [&](auto* call) { return t.next(trigger, call, hints.sink()); });
  t.destroy(trigger);
}

TEST_P(ThrowingPluginTest, AnswersWithAStatusInEveryFunctionOfAStrategy) {
  const auto& t = table<stoker_strategy_v1>(STOKER_STRATEGY_ID);
  stoker_strategy* strategy = made(t);
  const stoker_str run = str("run-1");
  fails("recover",
        [&](auto* call) { return t.recover(strategy, call, str(""), changes.sink(), notes.sink(), text.sink()); });
  fails("plan", [&](auto* call) {
    return t.plan(strategy, call, run, str("{}"), tree.raw(), changes.sink(), notes.sink(), decisions.sink());
  });
  fails("content", [&](auto* call) { return t.content(strategy, call, run, tree.raw(), str("a"), bytes.sink()); });
  fails("adopt", [&](auto* call) { return t.adopt(strategy, call, run); });
  fails("stage", [&](auto* call) { return t.stage(strategy, call, run, tree.raw()); });
  fails("apply", [&](auto* call) { return t.apply(strategy, call, run, notes.sink()); });
  fails("revert", [&](auto* call) { return t.revert(strategy, call, run, changes.sink(), notes.sink()); });
  fails("forget", [&](auto* call) { return t.forget(strategy, call, run); });
  fails("inspect", [&](auto* call) { return t.inspect(strategy, call, run, changes.sink(), notes.sink()); });
  t.destroy(strategy);
}

TEST_P(ThrowingPluginTest, AnswersWithAStatusInEveryFunctionOfAVerifier) {
  const auto& t = table<stoker_verifier_v1>(STOKER_VERIFIER_ID);
  stoker_verifier* verifier = made(t);
  const stoker_str task = str("{}");
  fails("observe", [&](auto* call) { return t.observe(verifier, call, task, text.sink()); });
  fails("admit", [&](auto* call) { return t.admit(verifier, call, task, plan.raw(), decisions.sink()); });
  fails("lock", [&](auto* call) { return t.lock(verifier, call, task, plan.raw(), decisions.sink(), text.sink()); });
  fails("verify", [&](auto* call) {
    return t.verify(verifier, call, task, plan.raw(), str(""), decisions.sink(), notes.sink(), text.sink());
  });
  fails("unlock", [&](auto* call) { return t.unlock(verifier, call, task, str("")); });
  fails("diagnose", [&](auto* call) { return t.diagnose(verifier, call, task, checks.sink()); });
  fails("probe", [&](auto* call) { return t.probe(verifier, call, task, checks.sink()); });
  t.destroy(verifier);
}

TEST_P(ThrowingPluginTest, AnswersWithAStatusInEveryFunctionOfANotifier) {
  const auto& t = table<stoker_notifier_v1>(STOKER_NOTIFIER_ID);
  stoker_notifier* notifier = made(t);
  fails("notify", [&](auto* call) { return t.notify(notifier, call, str("key"), str("{}")); });
  t.destroy(notifier);
}

INSTANTIATE_TEST_SUITE_P(
    Runtimes, ThrowingPluginTest,
    ::testing::Values(Throw{"faulty-throws", "", STOKER_E_INTERNAL, "unknown exception"},
                      Throw{"faulty-throws", "error", STOKER_E_INTERNAL, "thrown on purpose"},
                      Throw{"faulty-throws", "memory", STOKER_E_EXHAUSTED, "out of memory"},
                      Throw{"faulty-throws-static", "", STOKER_E_INTERNAL, "unknown exception"},
                      Throw{"faulty-throws-static", "error", STOKER_E_INTERNAL, "thrown on purpose"},
                      Throw{"faulty-throws-static", "memory", STOKER_E_EXHAUSTED, "out of memory"}),
    [](const auto& row) {
      const std::string thrown = row.param.thrown;
      const bool own = std::string(row.param.library) == "faulty-throws-static";
      return std::string(own ? "Static" : "Shared") + (thrown.empty()      ? "Number"
                                                       : thrown == "error" ? "Error"
                                                                           : "Memory");
    });

TEST(ThrowingLibraryTest, WithAStaticRuntimeNeedsNoOther) {
  const auto elf = ElfFile::open(faulty("faulty-throws-static"));
  ASSERT_TRUE(elf) << elf.error().message;
  const auto needed = elf->needed();
  EXPECT_TRUE(std::none_of(needed.begin(), needed.end(),
                           [](const std::string& name) { return name.starts_with("libstdc++"); }));
}

}  // namespace
}  // namespace stoker::host
