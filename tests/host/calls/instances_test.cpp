// What a plugin hands over is outside input: each lie fails the call that it is told in, names the plugin, and does
// nothing else.
#include "host/calls/notifier_instance.hpp"
#include "tests/support/host_loop.hpp"

#include <stoker/abi/notifier.h>

#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

namespace stoker::host {
namespace {

stoker_str s(const char* text) { return {text, std::char_traits<char>::length(text)}; }
int anything;

// A strategy whose recover says what a test wants it to say.
struct Lie {
  std::function<stoker_status(const stoker_call*, stoker_change_sink, stoker_note_sink, stoker_text_sink)> recover;
};
Lie* lie = nullptr;

const stoker_strategy_v1& lying_strategy() {
  static const stoker_strategy_v1 table = [] {
    stoker_strategy_v1 t{};
    t.struct_size = sizeof t;
    t.create = [](const stoker_host*, const stoker_call*, stoker_str, stoker_strategy** out) -> stoker_status {
      *out = reinterpret_cast<stoker_strategy*>(&anything);
      return STOKER_OK;
    };
    t.destroy = [](stoker_strategy*) {};
    t.recover = [](stoker_strategy*, const stoker_call* call, stoker_str, stoker_change_sink changes,
                   stoker_note_sink notes,
                   stoker_text_sink state) -> stoker_status { return lie->recover(call, changes, notes, state); };
    return t;
  }();
  return table;
}

class PluginsTest : public ::testing::Test, protected testing::HostLoop {
 protected:
  PluginsTest() : HostLoop(2) {}
  Result<Recovered> told(
      std::function<stoker_status(const stoker_call*, stoker_change_sink, stoker_note_sink, stoker_text_sink)> what) {
    lie_.recover = std::move(what);
    lie = &lie_;
    auto made = make<StrategyInstance>("acme-liar", &lying_strategy());
    return await((*made)->recover(""));
  }
  void expect_misbehaving(const Result<Recovered>& answer, const char* what) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "host.plugin-misbehaving") << answer.error().message;
    EXPECT_NE(answer.error().message.find("acme-liar: recover"), std::string::npos) << answer.error().message;
    EXPECT_NE(answer.error().message.find(what), std::string::npos) << answer.error().message;
  }
  static stoker_change change(const char* path) {
    stoker_change c{};
    c.path = s(path);
    c.op = STOKER_CHANGE_ADD;
    return c;
  }
  static stoker_status put_state(stoker_text_sink state) {
    const stoker_str text = s(R"({"format":1,"base":null,"did":"nothing","run":""})");
    return state.put(state.to, &text, 1);
  }

  Lie lie_;
};

TEST_F(PluginsTest, AnHonestAnswerIsTaken) {
  auto answer = told([](auto*, stoker_change_sink changes, stoker_note_sink, stoker_text_sink state) {
    const stoker_change good = change("p/a");
    EXPECT_EQ(changes.put(changes.to, &good, 1), STOKER_OK);
    return put_state(state);
  });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->changes.size(), 1u);
}

TEST_F(PluginsTest, APathThatLeavesTheRootIsRefused) {
  for (const char* path : {"../x", "/etc/passwd", "a//b", "a/./b", "a/", ""}) {
    auto answer = told([path](auto*, stoker_change_sink changes, stoker_note_sink, stoker_text_sink) {
      const stoker_change bad = change(path);
      return changes.put(changes.to, &bad, 1);
    });
    expect_misbehaving(answer, "is not a relative path");
  }
}

TEST_F(PluginsTest, ALengthWithoutATextIsRefused) {
  auto answer = told([](auto*, stoker_change_sink changes, stoker_note_sink, stoker_text_sink) {
    stoker_change bad = change("p/a");
    bad.blob = {nullptr, 7};
    return changes.put(changes.to, &bad, 1);
  });
  expect_misbehaving(answer, "length but a null pointer");
}

TEST_F(PluginsTest, AnUnknownEnumValueIsRefused) {
  auto answer = told([](auto*, stoker_change_sink changes, stoker_note_sink, stoker_text_sink) {
    stoker_change bad = change("p/a");
    bad.op = 9;
    return changes.put(changes.to, &bad, 1);
  });
  expect_misbehaving(answer, "the op of a change is 9");
}

TEST_F(PluginsTest, TextThatIsNotUtf8IsRefused) {
  auto answer = told([](auto*, stoker_change_sink, stoker_note_sink notes, stoker_text_sink) {
    stoker_note bad{};
    bad.code = s("drift");
    bad.text = s("\xff\xfe");
    return notes.put(notes.to, &bad, 1);
  });
  expect_misbehaving(answer, "is not UTF-8");
}

TEST_F(PluginsTest, AnAnswerOnAnotherThreadIsRefused) {
  auto answer = told([](auto*, stoker_change_sink changes, stoker_note_sink, stoker_text_sink state) {
    std::thread([changes] {
      const stoker_change c = change("p/a");
      changes.put(changes.to, &c, 1);
    }).join();
    return put_state(state);
  });
  expect_misbehaving(answer, "another thread");
}

TEST_F(PluginsTest, TwoDocumentsWhereOneBelongsAreRefused) {
  auto answer = told([](auto*, stoker_change_sink, stoker_note_sink, stoker_text_sink state) {
    put_state(state);
    return put_state(state);
  });
  expect_misbehaving(answer, "more than one document");
}

TEST_F(PluginsTest, AFailureWithoutAReasonIsNamed) {
  auto answer = told(
      [](auto*, stoker_change_sink, stoker_note_sink, stoker_text_sink) -> stoker_status { return STOKER_E_DENIED; });
  expect_misbehaving(answer, "without a call of fail()");
}

TEST_F(PluginsTest, AnUnknownStatusIsInternal) {
  auto answer =
      told([](auto*, stoker_change_sink, stoker_note_sink, stoker_text_sink) -> stoker_status { return 4711; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), errc::internal);
}

TEST_F(PluginsTest, WhatThePluginSaysKeepsItsCodeAndGetsItsName) {
  auto answer = told([](const stoker_call* call, stoker_change_sink, stoker_note_sink, stoker_text_sink) {
    const stoker_error error{sizeof(stoker_error), STOKER_E_EXHAUSTED,     1, 2500,
                             s("acme.full"),       s("the shelf is full"), {}};
    return call->fail(call, &error);
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "acme-liar: recover: the shelf is full");
  EXPECT_EQ(answer.error().code, "acme.full");
  EXPECT_TRUE(answer.error().retryable);
  EXPECT_EQ(answer.error().retry_after.count(), 2500);
}

// A verdict that nobody could give is no verdict: a plugin must not be able to say so itself.
TEST_F(PluginsTest, ACodeOfTheHostsOwnIsADefect) {
  for (const char* code : {"host.busy", "host.written-off", "host.anything"}) {
    auto answer = told([code](const stoker_call* call, stoker_change_sink, stoker_note_sink, stoker_text_sink) {
      const stoker_error error{sizeof(stoker_error), STOKER_E_EXHAUSTED, 1, 0, s(code), s("no thread"), {}};
      return call->fail(call, &error);
    });
    expect_misbehaving(answer, "are the host's own");
  }
}

// cases Q23
TEST_F(PluginsTest, AFailureWithoutWordsIsSaidInWords) {
  auto answer = told([](const stoker_call* call, stoker_change_sink, stoker_note_sink, stoker_text_sink) {
    const stoker_error error{sizeof(stoker_error), STOKER_E_DENIED, 0, 0, {}, {}, {}};
    return call->fail(call, &error);
  });
  EXPECT_EQ(answer.error().message, "acme-liar: recover: the plugin gave no reason (denied)");
}

TEST(CallFaultTest, TellsTheHostsOwnFailuresFromThePlugins) {
  EXPECT_EQ(fault_of(no_thread_free("a: plan")), CallFault::busy);
  EXPECT_EQ(fault_of(no_turn_free("a: plan")), CallFault::busy);
  EXPECT_EQ(fault_of(did_not_return("a: plan")), CallFault::did_not_return);
  EXPECT_EQ(fault_of(instance_written_off("a: plan")), CallFault::written_off);
  EXPECT_EQ(fault_of(misbehaving("a lie")), CallFault::misbehaving);
  EXPECT_EQ(fault_of(failed_without_reason("a: plan", errc::denied, 2)), CallFault::misbehaving);
  EXPECT_EQ(fault_of(Error(errc::timeout, "a: plan: the server is slow", "acme.slow")), CallFault::none);
}

// ---------------------------------------------------------------- one plugin before another

stoker_status fail(const stoker_call* call, stoker_status status, const char* code, const char* message) {
  const stoker_error error{sizeof(stoker_error), status, 1, 2500, s(code), s(message), {}};
  return call->fail(call, &error);
}

const stoker_source_v1& failing_source() {
  static const stoker_source_v1 table = [] {
    stoker_source_v1 t{};
    t.struct_size = sizeof t;
    t.create = [](const stoker_host*, const stoker_call*, stoker_str, stoker_source** out) -> stoker_status {
      *out = reinterpret_cast<stoker_source*>(&anything);
      return STOKER_OK;
    };
    t.destroy = [](stoker_source*) {};
    t.open = [](stoker_source*, const stoker_call*, stoker_str, stoker_tree** out) -> stoker_status {
      *out = reinterpret_cast<stoker_tree*>(&anything);
      return STOKER_OK;
    };
    t.close = [](stoker_tree*) {};
    t.list = [](stoker_tree*, const stoker_call*, stoker_str, stoker_file_sink) -> stoker_status { return STOKER_OK; };
    t.read = [](stoker_tree*, const stoker_call* call, stoker_str, stoker_byte_sink) {
      return fail(call, STOKER_E_EXHAUSTED, "acme.quiet", "the server wants quiet");
    };
    return t;
  }();
  return table;
}

// Stages by reading one file, and fails as its own kind of failure, or as the source's.
std::function<stoker_status(const stoker_call*, stoker_status)> stage_ends;
const stoker_strategy_v1& reading_strategy() {
  static const stoker_strategy_v1 table = [] {
    stoker_strategy_v1 t = lying_strategy();
    t.stage = [](stoker_strategy*, const stoker_call* call, stoker_str, const stoker_view* view) {
      const stoker_byte_sink nowhere{
          nullptr, [](void*, const std::uint8_t*, std::size_t) -> stoker_status { return STOKER_OK; }};
      return stage_ends(call, view->read(view, s("f"), nowhere));
    };
    return t;
  }();
  return table;
}

TEST_F(PluginsTest, AStageThatFailsForTheSourceSaysWhatTheSourceSaid) {
  auto source = make<SourceInstance>("acme-source", &failing_source());
  auto strategy = make<StrategyInstance>("acme-strategy", &reading_strategy());
  const CallLimits limits(std::chrono::seconds(20));
  auto tree = await((*source)->open(limits, "r1"));
  ASSERT_TRUE(tree);
  const auto staged = [&](std::function<stoker_status(const stoker_call*, stoker_status)> ends) {
    stage_ends = std::move(ends);
    return await((*strategy)->stage(limits, "run-1", *tree)).error();
  };
  const Error passed_on = staged([](auto* call, stoker_status status) { return fail(call, status, "", "copy of f"); });
  EXPECT_EQ(passed_on.message, "acme-strategy: stage: copy of f: acme-source: the server wants quiet");
  EXPECT_EQ(passed_on.code, "acme.quiet");
  EXPECT_EQ(passed_on.retry_after.count(), 2500);
  const Error own = staged([](auto* call, auto) { return fail(call, STOKER_E_EXHAUSTED, "acme.full", "no space"); });
  EXPECT_EQ(own.message, "acme-strategy: stage: no space");
  EXPECT_EQ(own.code, "acme.full");
  const Error another = staged([](auto* call, auto) { return fail(call, STOKER_E_DENIED, "", "read-only"); });
  EXPECT_EQ(another.message, "acme-strategy: stage: read-only");
  EXPECT_TRUE(await((*source)->close(*tree)));
}

// ---------------------------------------------------------------- the library of an instance

stoker_status create_status = STOKER_OK;
const stoker_notifier_v1& notifier_that_may_not_be_made() {
  static const stoker_notifier_v1 table = {
      sizeof(stoker_notifier_v1), 0,
      [](const stoker_host*, const stoker_call* call, stoker_str, stoker_notifier** out) -> stoker_status {
        *out = reinterpret_cast<stoker_notifier*>(&anything);
        return create_status == STOKER_OK ? STOKER_OK : fail(call, create_status, "acme.no", "not today");
      },
      [](stoker_notifier*) {},
      [](stoker_notifier*, const stoker_call*, stoker_str, stoker_str) -> stoker_status { return STOKER_OK; }};
  return table;
}

class LibraryOfAnInstanceTest : public PluginsTest {
 protected:
  Result<std::unique_ptr<NotifierInstance>> made(stoker_status status) {
    create_status = status;
    auto core = std::make_shared<InstanceCore>();
    core->module = "acme-notifier";
    core->close_library = [closed = closed_on_] { closed->push_back(std::this_thread::get_id()); };
    return await(make_instance<NotifierInstance>(workers, core, &notifier_that_may_not_be_made(), face.raw(), "{}"));
  }
  std::shared_ptr<std::vector<std::thread::id>> closed_on_ = std::make_shared<std::vector<std::thread::id>>();
};

TEST_F(LibraryOfAnInstanceTest, IsClosedOnAWorkerAfterItsEnd) {
  auto notifier = made(STOKER_OK);
  ASSERT_TRUE(notifier);
  EXPECT_TRUE(closed_on_->empty());
  EXPECT_TRUE(await((*notifier)->end()));
  notifier->reset();
  ASSERT_EQ(closed_on_->size(), 1u);
  EXPECT_NE(closed_on_->front(), std::this_thread::get_id()) << "the event loop runs on this thread";
}

TEST_F(LibraryOfAnInstanceTest, IsClosedOnAWorkerWhenItCannotBeMade) {
  EXPECT_EQ(made(STOKER_E_DENIED).error().code, "acme.no");
  ASSERT_EQ(closed_on_->size(), 1u);
  EXPECT_NE(closed_on_->front(), std::this_thread::get_id()) << "the event loop runs on this thread";
}

// ---------------------------------------------------------------- calls that do not return

// A notifier that sleeps until it is let go. Who lets it go waits until it has gone, or the next test's would go
// instead.
std::binary_semaphore let_go{0}, gone{0};
const stoker_notifier_v1& sleeping_notifier() {
  static const stoker_notifier_v1 table = {
      sizeof(stoker_notifier_v1), 0,
      [](const stoker_host*, const stoker_call*, stoker_str, stoker_notifier** out) -> stoker_status {
        *out = reinterpret_cast<stoker_notifier*>(&anything);
        return STOKER_OK;
      },
      [](stoker_notifier*) {},
      [](stoker_notifier*, const stoker_call*, stoker_str, stoker_str) -> stoker_status {
        let_go.acquire();
        gone.release();
        return STOKER_OK;
      }};
  return table;
}

TEST_F(PluginsTest, ACallThatDoesNotReturnIsWrittenOffWithItsInstance) {  // pitfalls P35
  auto made = make<NotifierInstance>("acme-sleeper", &sleeping_notifier());
  auto first = await((*made)->notify(CallLimits(std::chrono::milliseconds(20)), "key", "{}"));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error(), errc::timeout);
  EXPECT_EQ(first.error().code, "host.written-off");
  EXPECT_EQ(workers.written_off(), 1u) << "what /healthz says";
  auto second = await((*made)->notify(CallLimits(std::chrono::milliseconds(20)), "key", "{}"));
  EXPECT_EQ(second.error().code, "host.written-off") << "never used again";
  let_go.release();
  EXPECT_TRUE(gone.try_acquire_for(std::chrono::seconds(20))) << "it sleeps on";
}

TEST_F(PluginsTest, ASleepingCallDelaysNobodyElse) {
  auto made = make<NotifierInstance>("acme-sleeper", &sleeping_notifier());
  bool other = false, other_was_first = false;
  auto sleeps = [](NotifierInstance& module, const bool& seen, bool& first) -> asio::awaitable<void> {
    const CallLimits limits(std::chrono::seconds(20));
    auto slept = co_await module.notify(limits, "key", "{}");
    EXPECT_TRUE(slept);
    first = seen;
  };
  auto acts = [](Workers& on, bool& seen) -> asio::awaitable<void> {
    auto body = [](const CallState&) { return Result<void>(); };
    const CallLimits limits(std::chrono::seconds(20));
    auto done = co_await on.call<void>("other", limits, body);
    EXPECT_TRUE(done);
    seen = true;
    let_go.release();
  };
  asio::co_spawn(loop, sleeps(**made, other, other_was_first), asio::use_future);
  await(acts(workers, other));
  EXPECT_TRUE(other_was_first);
  EXPECT_TRUE(gone.try_acquire());
}

TEST_F(PluginsTest, ACancelReachesTheCall) {
  std::stop_source stop;
  auto waits = [](Workers& on, std::stop_token token) -> Async<void> {
    auto body = [](const CallState& state) -> Result<void> {
      while (!state.cancelled()) std::this_thread::yield();
      return Error(errc::cancelled, "cancelled");
    };
    const CallLimits limits(std::chrono::seconds(20), token);
    co_return co_await on.call<void>("wait", limits, body);
  };
  asio::post(loop, [&] { stop.request_stop(); });
  EXPECT_EQ(await(waits(workers, stop.get_token())).error(), errc::cancelled);
}

}  // namespace
}  // namespace stoker::host
