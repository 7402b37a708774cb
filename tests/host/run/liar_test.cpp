// A plugin that keeps the contract but for one lie: whatever it is, and in whichever function of whichever kind, that
// call fails by the plugin's name, the function's and what was wrong, and the next call goes on as if nothing had been.
#include "host/calls/notifier_instance.hpp"
#include "host/calls/trigger_instance.hpp"
#include "host/loading/plugin_library.hpp"
#include "support/plugin_files.hpp"
#include "tests/support/host_loop.hpp"

#include <stoker/abi/notifier.h>
#include <stoker/abi/trigger.h>

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

struct Lie {
  std::string what;  // behind the function's name
  const char* said;
};
using Lies = std::vector<Lie>;

// The lies that can be told of a text, by the field's name.
Lies of_text(const std::string& field) {
  return {{field + ":null", "length but a null pointer"},
          {field + ":utf8", "not UTF-8"},
          {field + ":nul", "not UTF-8"},
          {field + ":long", "longer than"}};
}
Lies of_path(const std::string& field) {
  Lies lies = of_text(field);
  for (const char* how : {":outside", ":absolute", ":empty"}) lies.push_back({field + how, "not a relative path"});
  return lies;
}
Lies of_enum(const std::string& field, const char* said) {
  return {{field + ":0", said}, {field + ":9", said}, {field + ":max", said}};
}
// Of how anything is handed over.
Lies of_sink(const std::string& sink) {
  return {{sink + ":null", "count but a null pointer"},
          {sink + ":count", "items in one call"},
          {sink + ":ignores", "count but a null pointer"},
          {sink + ":thread", "another thread"}};
}
Lies of_one_document(const std::string& sink) {
  return {{sink + ":null", "count but a null pointer"},
          {sink + ":count", "more than one document"},
          {sink + ":ignores", "count but a null pointer"},
          {sink + ":twice", "more than one document"},
          {sink + ":thread", "another thread"}};
}
// Of how a call fails.
Lies of_failure() {
  return {{"fail:silent", "without a call of fail()"},
          {"fail:unknown", "4711"},
          {"fail:negative", "-1"},
          {"fail:nothing", "fail() was called with a null pointer"},
          {"fail:short", "too small"},
          {"fail:status", "the status of the error given to fail() is 77"},
          {"fail:null", "length but a null pointer"},
          {"fail:code", "not UTF-8"},
          {"fail:detail", "not JSON"}};
}
Lies joined(std::initializer_list<Lies> all) {
  Lies lies;
  for (const Lies& some : all) lies.insert(lies.end(), some.begin(), some.end());
  return lies;
}

class LiarTest : public ::testing::Test, protected testing::HostLoop {
 protected:
  LiarTest() : HostLoop(2) {}
  void SetUp() override {
    const auto manifest = read_manifest(faulty("liar"));
    ASSERT_TRUE(manifest) << manifest.error().message;
    auto loaded = libraries_.load(*manifest);
    ASSERT_TRUE(loaded) << loaded.error().message;
    library_ = *loaded;
  }
  template <class Instance, class Table>
  Result<std::unique_ptr<Instance>> liar(const char* kind, const std::string& name, const std::string& lie) {
    return make<Instance>(name, library_->table<Table>(kind), R"({"settings":{"lie":")" + lie + R"("}})");
  }

  // One of each kind; the one that is asked tells the lie.
  struct Cast {
    std::unique_ptr<SourceInstance> source;
    std::unique_ptr<StrategyInstance> strategy;
    std::unique_ptr<VerifierInstance> verifier;
    std::unique_ptr<TriggerInstance> trigger;
    std::unique_ptr<NotifierInstance> notifier;
    OpenTree tree;
  };
  Cast cast(const std::string& lie) {
    Cast all;
    all.source = liar<SourceInstance, stoker_source_v1>(STOKER_SOURCE_ID, "acme-source", lie).value();
    all.strategy = liar<StrategyInstance, stoker_strategy_v1>(STOKER_STRATEGY_ID, "acme-strategy", lie).value();
    all.verifier = liar<VerifierInstance, stoker_verifier_v1>(STOKER_VERIFIER_ID, "acme-verifier", lie).value();
    all.trigger = liar<TriggerInstance, stoker_trigger_v1>(STOKER_TRIGGER_ID, "acme-trigger", lie).value();
    all.notifier = liar<NotifierInstance, stoker_notifier_v1>(STOKER_NOTIFIER_ID, "acme-notifier", lie).value();
    if (!lie.starts_with("open.")) all.tree = await(all.source->open(limits_, "r1")).value();
    return all;
  }
  void end(Cast& all) {
    const bool opened = all.tree.core() != nullptr;
    EXPECT_TRUE(!opened || await(all.source->close(all.tree)));
    EXPECT_TRUE(await(all.source->end()));
    EXPECT_TRUE(await(all.strategy->end()));
    EXPECT_TRUE(await(all.verifier->end()));
    EXPECT_TRUE(await(all.trigger->end()));
    EXPECT_TRUE(await(all.notifier->end()));
  }

  template <class T>
  static Result<void> only_whether(const Result<T>& answer) {
    if (!answer) return answer.error();
    return {};
  }
  // The call in which `function` is asked, by whoever asks it.
  Result<void> ask(Cast& all, const std::string& function) {
    const auto planned = std::make_shared<const Planned>();
    const PlanShown plan(planned, all.strategy.get(), all.tree);
    if (function == "resolve") return only_whether(await(all.source->resolve(limits_, {"main"})));
    if (function == "open") return only_whether(await(all.source->open(limits_, "r1")));
    if (function == "plan" || function == "list" || function == "read" || function == "diff")
      return only_whether(await(all.strategy->plan(limits_, "run-1", "{}", all.tree)));
    if (function == "recover") return only_whether(await(all.strategy->recover("")));
    if (function == "adopt") return await(all.strategy->adopt("run-1"));
    if (function == "stage") return await(all.strategy->stage(limits_, "run-1", all.tree));
    if (function == "apply") return only_whether(await(all.strategy->apply("run-1")));
    if (function == "revert") return only_whether(await(all.strategy->revert("run-1")));
    if (function == "forget") return await(all.strategy->forget("run-1"));
    if (function == "inspect") return only_whether(await(all.strategy->inspect(limits_, "run-1")));
    if (function == "diagnose") return only_whether(await(all.verifier->diagnose(limits_, "{}")));
    if (function == "probe") return only_whether(await(all.verifier->probe(limits_, "{}")));
    if (function == "observe") return observe(*all.verifier);
    if (function == "admit" || function == "content")
      return only_whether(await(all.verifier->admit(limits_, "{}", plan)));
    if (function == "lock") return only_whether(await(all.verifier->lock(limits_, "{}", plan)));
    if (function == "verify") return only_whether(await(all.verifier->verify(limits_, "{}", plan, "")));
    if (function == "unlock") return await(all.verifier->unlock("{}", ""));
    if (function == "watch") return await(all.trigger->watch("[]"));
    if (function == "next") return only_whether(await(all.trigger->next(limits_)));
    if (function == "notify") return await(all.notifier->notify(limits_, "key", "{}"));
    ADD_FAILURE() << "nobody asks " << function;
    return {};
  }
  // As the pipeline asks: facts are read where verifiers are joined.
  Result<void> observe(VerifierInstance& verifier) {
    Verifiers one({&verifier});
    const Briefing briefing;
    return only_whether(await(one.observe(briefing, {})));
  }

  void expect_by_name(const Result<void>& answer, const std::string& module, const std::string& function,
                      const std::string& said) {
    ASSERT_FALSE(answer);
    const std::string& message = answer.error().message;
    EXPECT_EQ(answer.error().code, "host.plugin-misbehaving") << message;
    EXPECT_NE(message.find(module + ": " + function), std::string::npos) << message;
    EXPECT_NE(message.find(said), std::string::npos) << message;
  }
  void expect_each_to_fail_once(const std::string& module, const std::string& function, const Lies& lies) {
    for (const Lie& lie : lies) {
      SCOPED_TRACE(function + "." + lie.what);
      Cast all = cast(function + "." + lie.what);
      expect_by_name(ask(all, function), module, function, lie.said);
      const Result<void> next = ask(all, function);
      EXPECT_TRUE(next) << next.error().message;
      end(all);
      ++told_;
    }
  }
  // The lie is told in the second call, with what the first one got.
  void expect_late_to_fail(const std::string& module, const std::string& function, const std::string& what) {
    SCOPED_TRACE(function + "." + what);
    Cast all = cast(function + "." + what);
    EXPECT_TRUE(ask(all, function));
    expect_by_name(ask(all, function), module, function, "after an earlier call had returned");
    EXPECT_TRUE(ask(all, function));
    end(all);
    ++told_;
  }
  void TearDown() override {
    RecordProperty("lies", told_);
    std::printf("lies told: %d\n", told_);
  }

  const CallLimits limits_{std::chrono::seconds(30)};
  PluginLibraries libraries_;
  PluginLibrary* library_ = nullptr;
  int told_ = 0;
};

const Lies note_lies = joined({of_text("note.code"),
                               of_text("note.path"),
                               of_text("note.text"),
                               of_sink("notes"),
                               {{"notes:flood", "more than 100000 records"}}});
const Lies change_lies = joined({of_path("path"),
                                 of_text("origin"),
                                 {{"origin:outside", "not a relative path"}},
                                 of_text("blob"),
                                 of_text("before"),
                                 of_text("after"),
                                 of_enum("op", "the op of a change is"),
                                 of_sink("changes")});
const Lies decision_lies = joined({of_text("name"),
                                   of_text("reason"),
                                   of_text("endedBy"),
                                   of_enum("verdict", "a verdict is"),
                                   of_sink("decisions"),
                                   {{"decisions:none", "decisions"},
                                    {"decisions:twice", "2 decisions"},
                                    {"decisions:flood", "more than 1000 records"}}});
const Lies document_lies = joined({of_text("document"), {{"document:json", "JSON"}}});

TEST_F(LiarTest, InNothingIsTrustedInAllKinds) {
  Cast all = cast("");
  for (const char* function :
       {"resolve", "open",  "recover", "plan",   "adopt",  "stage",    "apply", "revert", "forget", "inspect",
        "observe", "admit", "lock",    "verify", "unlock", "diagnose", "probe", "watch",  "next",   "notify"}) {
    const Result<void> answer = ask(all, function);
    EXPECT_TRUE(answer) << answer.error().message;
  }
  end(all);
}

TEST_F(LiarTest, InCreateMakesNoInstance) {
  for (const Lie& lie : joined({of_failure(), {{"nothing", "create() returned success but no instance"}}})) {
    SCOPED_TRACE(lie.what);
    const std::string what = "create." + lie.what;
    const auto fails = [&](const auto& made) { expect_by_name(only_whether(made), "acme", "create", lie.said); };
    fails(liar<SourceInstance, stoker_source_v1>(STOKER_SOURCE_ID, "acme", what));
    fails(liar<StrategyInstance, stoker_strategy_v1>(STOKER_STRATEGY_ID, "acme", what));
    fails(liar<VerifierInstance, stoker_verifier_v1>(STOKER_VERIFIER_ID, "acme", what));
    fails(liar<TriggerInstance, stoker_trigger_v1>(STOKER_TRIGGER_ID, "acme", what));
    fails(liar<NotifierInstance, stoker_notifier_v1>(STOKER_NOTIFIER_ID, "acme", what));
    told_ += 5;
  }
}

TEST_F(LiarTest, InASourceFailsTheCallByName) {
  expect_each_to_fail_once("acme-source", "resolve",
                           joined({of_text("revision"),
                                   of_text("ref"),
                                   of_enum("kind", "the kind of a ref is"),
                                   of_sink("refs"),
                                   {{"refs:none", "0 answers for 1 refs"}, {"refs:twice", "2 answers for 1 refs"}},
                                   note_lies,
                                   of_failure()}));
  expect_each_to_fail_once("acme-source", "open",
                           joined({of_failure(), {{"nothing", "open() returned success but no tree"}}}));
}

TEST_F(LiarTest, InATreeFailsTheCallOfWhoAskedAndNamesTheSource) {
  const Lies file_lies = joined({of_path("path"), of_text("blob")});
  expect_each_to_fail_once("acme-source", "list",
                           joined({file_lies,
                                   of_enum("type", "the type of a file is"),
                                   of_enum("mode", "the mode of a regular file"),
                                   of_sink("files"),
                                   {{"order", "out of order"}, {"files:twice", "out of order"}}}));
  expect_each_to_fail_once("acme-source", "read",
                           joined({of_sink("bytes"),
                                   {{"chunk", "items in one call"},
                                    {"bytes:none", "delivered 0 bytes of \"p/a\", 1 were announced"},  // cases Q13
                                    {"bytes:twice", "more than 1 bytes of \"p/a\""}}}));               // cases Q13
  expect_each_to_fail_once("acme-source", "diff",
                           joined({file_lies,
                                   of_enum("op", "the op of a delta is"),
                                   of_sink("deltas"),
                                   {{"order", "out of order"}, {"deltas:twice", "out of order"}}}));
}

TEST_F(LiarTest, InAStrategyFailsTheCallByName) {
  expect_each_to_fail_once("acme-strategy", "recover",
                           joined({change_lies,
                                   note_lies,
                                   document_lies,
                                   of_one_document("state"),
                                   of_failure(),
                                   {{"state:none", "the document of recover(): it is not a JSON object"},

                                    {"document:words", "/did is \"perhaps\""}}}));
  expect_each_to_fail_once(
      "acme-strategy", "plan",
      joined({change_lies,
              note_lies,
              decision_lies,
              of_failure(),
              {{"verdict:is3", "neither allow nor hold"}, {"verdict:is4", "neither allow nor hold"}}}));
  for (const char* function : {"revert", "inspect"})
    expect_each_to_fail_once("acme-strategy", function, joined({change_lies, note_lies, of_failure()}));
  expect_each_to_fail_once(
      "acme-strategy", "apply",
      joined({of_text("note.code"),
              of_text("note.path"),
              of_text("note.text"),
              {{"notes:null", "count but a null pointer"}, {"notes:count", "items in one call"}}}));
  for (const char* function : {"adopt", "stage", "apply", "forget"})
    expect_each_to_fail_once("acme-strategy", function, of_failure());
}

TEST_F(LiarTest, InWhatAStrategyAsksFailsItsOwnCall) {
  const Lies lies = joined({of_text("under"),
                            {{"under:outside", "not a relative path"}},
                            of_path("asked"),
                            of_text("since"),
                            {{"view:sink", "no put function"},
                             {"bytes:sink", "no put function"},
                             {"deltas:sink", "no put function"},
                             {"view:thread", "another thread"}}});
  expect_each_to_fail_once("acme-strategy", "plan", lies);
  expect_each_to_fail_once("acme-strategy", "stage", lies);
}

TEST_F(LiarTest, InContentFailsTheVerifiersCallAndNamesTheStrategy) {
  expect_each_to_fail_once("acme-strategy", "content", joined({of_sink("bytes"), {{"chunk", "items in one call"}}}));
}

TEST_F(LiarTest, InAVerifierFailsTheCallByName) {
  const Lies plan_lies = {{"plan:sink", "no put function"}, {"plan:thread", "another thread"}};
  expect_each_to_fail_once("acme-verifier", "observe",
                           joined({document_lies,
                                   of_one_document("facts"),
                                   of_failure(),
                                   {{"facts:none", "not a JSON object"},

                                    {"document:words", "/state is \"asleep\""},
                                    {"document:role", "/role is \"boss\""}}}));
  expect_each_to_fail_once("acme-verifier", "admit",
                           joined({decision_lies,
                                   plan_lies,
                                   of_path("asked"),
                                   of_text("under"),
                                   {{"under:outside", "not a relative path"}},
                                   of_path("sought"),
                                   of_failure(),
                                   {{"bytes:sink", "no put function"},
                                    {"files:sink", "no put function"},
                                    {"tree_bytes:sink", "no put function"},
                                    {"verdict:is4", "must not give"}}}));
  expect_each_to_fail_once("acme-verifier", "lock",
                           joined({decision_lies,
                                   plan_lies,
                                   of_text("document"),
                                   of_one_document("ticket"),
                                   of_failure(),
                                   {{"verdict:is3", "must not give"}}}));
  expect_each_to_fail_once("acme-verifier", "verify",
                           joined({of_text("name"),
                                   of_enum("verdict", "a verdict is"),
                                   of_sink("decisions"),
                                   plan_lies,
                                   note_lies,
                                   document_lies,
                                   of_one_document("detail"),
                                   of_failure(),
                                   {{"decisions:none", "no verdict"},
                                    {"both", "healthy and unhealthy"},
                                    {"hold", "a hold and another verdict"},
                                    {"verdict:is1", "neither healthy, unhealthy nor hold"}}}));
  expect_each_to_fail_once("acme-verifier", "unlock", of_failure());
  for (const char* function : {"diagnose", "probe"})
    expect_each_to_fail_once(
        "acme-verifier", function,
        joined({of_text("check.name"), of_text("check.text"), of_text("check.remedy"),
                of_enum("check.status", "the status of a check"), of_sink("checks"), of_failure()}));
}

TEST_F(LiarTest, InATriggerOrANotifierFailsTheCallByName) {
  expect_each_to_fail_once("acme-trigger", "watch", of_failure());
  expect_each_to_fail_once("acme-trigger", "next",
                           joined({of_text("sync"),
                                   of_text("reason"),
                                   of_text("delivery"),
                                   of_text("wish"),
                                   of_sink("hints"),
                                   of_failure(),
                                   {{"hints:flood", "more than 10000 records"}}}));
  expect_each_to_fail_once("acme-notifier", "notify",
                           joined({of_failure(), {{"fail:quietly", "fail() was called with a null pointer"}}}));
}

TEST_F(LiarTest, WithWhatAnEarlierCallGotFailsTheCallInWhichItIsUsed) {
  expect_late_to_fail("acme-source", "resolve", "refs:late");
  expect_late_to_fail("acme-strategy", "plan", "changes:late");
  expect_late_to_fail("acme-strategy", "plan", "view:late");
  expect_late_to_fail("acme-strategy", "stage", "view:late");
  expect_late_to_fail("acme-verifier", "observe", "facts:late");
  expect_late_to_fail("acme-verifier", "admit", "plan:late");
  expect_late_to_fail("acme-verifier", "verify", "detail:late");
  expect_late_to_fail("acme-trigger", "next", "hints:late");
}

TEST_F(LiarTest, ACallThatIsOverHearsNothing) {
  for (const char* function : {"resolve", "plan", "observe", "next", "notify"}) {
    Cast all = cast(std::string(function) + ".fail:late");
    EXPECT_TRUE(ask(all, function));
    EXPECT_TRUE(ask(all, function)) << "what was said to the first call is not said of the second";
    end(all);
    ++told_;
  }
}

TEST_F(LiarTest, InTheNotesOfAnApplyThatWorkedMakesItNoFailure) {
  for (const char* lie : {"notes:ignores", "notes:thread", "notes:late", "fail:quietly"}) {
    SCOPED_TRACE(lie);
    Cast all = cast(std::string("apply.") + lie);
    EXPECT_TRUE(await(all.strategy->apply("run-1")));
    EXPECT_TRUE(await(all.strategy->revert("run-1"))) << "nor does it stop the way back";
    end(all);
    ++told_;
  }
}

}  // namespace
}  // namespace stoker::host
