// Turns: an instance that is not reentrant gets one call at a time, also when another plugin asks it.
#include "tests/support/host_loop.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

namespace stoker::host {
namespace {

using std::chrono::milliseconds;

int anything;
template <class Handle>
stoker_status create(const stoker_host*, const stoker_call*, stoker_str, Handle** out) {
  *out = reinterpret_cast<Handle*>(&anything);
  return STOKER_OK;
}

// How many calls are inside an instance, and whether there ever were two.
class Inside {
 public:
  void stay() {
    if (++now_ > 1) overlapped_ = true;
    std::this_thread::sleep_for(milliseconds(50));
    --now_;
  }
  bool overlapped() const { return overlapped_; }

 private:
  std::atomic<int> now_{0};
  std::atomic<bool> overlapped_{false};
};

// What the plugins of a test share with it.
struct Scene {
  Inside source, strategy;
  std::binary_semaphore list_begun{0}, list_may_end{0}, list_gone{0};
  std::atomic<bool> list_blocks{false};
  std::atomic<int> lists{0};
};
Scene* scene = nullptr;

const stoker_source_v1& serial_source() {
  static const stoker_source_v1 table = [] {
    stoker_source_v1 t{};
    t.struct_size = sizeof t;
    t.create = create<stoker_source>;
    t.destroy = [](stoker_source*) {};
    t.open = [](stoker_source*, const stoker_call*, stoker_str, stoker_tree** out) -> stoker_status {
      *out = reinterpret_cast<stoker_tree*>(&anything);
      return STOKER_OK;
    };
    t.close = [](stoker_tree*) {};
    t.resolve = [](stoker_source*, const stoker_call*, const stoker_str*, std::size_t, stoker_resolved_sink,
                   stoker_note_sink) -> stoker_status {
      scene->source.stay();
      return STOKER_OK;
    };
    t.list = [](stoker_tree*, const stoker_call*, stoker_str, stoker_file_sink files) -> stoker_status {
      ++scene->lists;
      if (scene->list_blocks) {
        scene->list_begun.release();
        scene->list_may_end.acquire();
        scene->list_gone.release();
        return STOKER_OK;
      }
      scene->source.stay();
      stoker_file file{};
      file.path = str("f");
      file.type = STOKER_FILE_REGULAR;
      file.mode = 0644;
      return files.put(files.to, &file, 1);
    };
    t.read = [](stoker_tree*, const stoker_call*, stoker_str, stoker_byte_sink bytes) -> stoker_status {
      return bytes.put(bytes.to, reinterpret_cast<const std::uint8_t*>("x"), 1);
    };
    return t;
  }();
  return table;
}

// Reads the one file from within the list of the tree.
stoker_status list_and_read(const stoker_view* view) {
  const stoker_file_sink files{
      const_cast<stoker_view*>(view), [](void* to, const stoker_file*, std::size_t) -> stoker_status {
        const auto* asked = static_cast<const stoker_view*>(to);
        const stoker_byte_sink bytes{nullptr,
                                     [](void*, const std::uint8_t*, std::size_t) -> stoker_status { return 0; }};
        return asked->read(asked, str("f"), bytes);
      }};
  return view->list(view, str(""), files);
}

stoker_status passed_on(const stoker_call* call, stoker_status status) {
  if (status == STOKER_OK) return status;
  const stoker_error error{sizeof(stoker_error), status, 0, 0, {}, str("the tree"), {}};
  return call->fail(call, &error);
}

const stoker_strategy_v1& serial_strategy() {
  static const stoker_strategy_v1 table = [] {
    stoker_strategy_v1 t{};
    t.struct_size = sizeof t;
    t.create = create<stoker_strategy>;
    t.destroy = [](stoker_strategy*) {};
    t.stage = [](stoker_strategy*, const stoker_call* call, stoker_str, const stoker_view* view) {
      return passed_on(call, list_and_read(view));
    };
    t.content = [](stoker_strategy*, const stoker_call*, stoker_str, const stoker_view* view, stoker_str,
                   stoker_byte_sink) -> stoker_status {
      scene->strategy.stay();
      return list_and_read(view);
    };
    t.forget = [](stoker_strategy*, const stoker_call*, stoker_str) -> stoker_status {
      scene->strategy.stay();
      return STOKER_OK;
    };
    return t;
  }();
  return table;
}

const stoker_verifier_v1& verifier_of_content() {
  static const stoker_verifier_v1 table = [] {
    stoker_verifier_v1 t{};
    t.struct_size = sizeof t;
    t.create = create<stoker_verifier>;
    t.destroy = [](stoker_verifier*) {};
    t.admit = [](stoker_verifier*, const stoker_call* call, stoker_str, const stoker_plan* plan,
                 stoker_decision_sink decisions) -> stoker_status {
      const stoker_byte_sink bytes{nullptr, [](void*, const std::uint8_t*, std::size_t) -> stoker_status { return 0; }};
      if (const stoker_status status = plan->content(plan, str("f"), bytes)) return passed_on(call, status);
      stoker_decision allow{};
      allow.verdict = STOKER_ALLOW;
      return decisions.put(decisions.to, &allow, 1);
    };
    return t;
  }();
  return table;
}

class TurnTest : public ::testing::Test, protected testing::HostLoop {
 protected:
  TurnTest() : HostLoop(4) { scene = &scene_; }
  void SetUp() override {
    source_ = make<SourceInstance>("acme-source", &serial_source()).value();
    strategy_ = make<StrategyInstance>("acme-strategy", &serial_strategy()).value();
    other_ = make<StrategyInstance>("acme-other", &serial_strategy()).value();
    tree_ = await(source_->open(limits_, "r1")).value();
  }
  // Starts a call; it goes on while another one is awaited.
  template <class T>
  std::future<Result<T>> started(Async<T> call) {
    return asio::co_spawn(loop, std::move(call), asio::use_future);
  }
  // A stage whose list does not come back before it is told to.
  std::future<Result<void>> blocked_stage(milliseconds deadline) {
    scene_.list_blocks = true;
    auto blocked = started(other_->stage(CallLimits(deadline), "run-1", tree_));
    loop.restart();
    loop.poll();
    scene_.list_begun.acquire();
    scene_.list_blocks = false;
    return blocked;
  }

  Scene scene_;
  const CallLimits limits_{std::chrono::seconds(20)};
  std::unique_ptr<SourceInstance> source_;
  std::unique_ptr<StrategyInstance> strategy_, other_;
  OpenTree tree_;
};

TEST_F(TurnTest, OfASourceIsTakenThroughAViewAsWell) {
  auto other = started(other_->stage(limits_, "run-2", tree_));
  EXPECT_TRUE(await(strategy_->stage(limits_, "run-1", tree_)));
  EXPECT_TRUE(other.get());
  EXPECT_FALSE(scene_.source.overlapped()) << "two Runs were in one list";
  auto resolved = started(source_->resolve(limits_, {}));
  EXPECT_TRUE(await(strategy_->stage(limits_, "run-1", tree_)));
  EXPECT_TRUE(resolved.get());
  EXPECT_FALSE(scene_.source.overlapped()) << "a Run listed while a ref was resolved";
}

TEST_F(TurnTest, OfAStrategyIsTakenForContentAsWell) {
  auto verifier = make<VerifierInstance>("acme-verifier", &verifier_of_content()).value();
  const PlanShown plan(std::make_shared<const Planned>(), strategy_.get(), tree_);
  auto forgotten = started(strategy_->forget("run-0"));
  const auto admitted = await(verifier->admit(limits_, "{}", plan));
  EXPECT_TRUE(admitted) << admitted.error().message;
  EXPECT_TRUE(forgotten.get());
  EXPECT_FALSE(scene_.strategy.overlapped());
}

TEST_F(TurnTest, IsNotWaitedForByTheThreadThatHasIt) {
  const auto staged = await(strategy_->stage(CallLimits(milliseconds(5000)), "run-1", tree_));
  EXPECT_TRUE(staged) << staged.error().message;
}

TEST_F(TurnTest, OfAnInstanceThatDoesNotReturnIsLostAndNobodyWaitsForIt) {
  const auto before = std::chrono::steady_clock::now();
  auto blocked = blocked_stage(milliseconds(20));
  const auto waited = await(strategy_->stage(limits_, "run-1", tree_));
  ASSERT_FALSE(waited);
  EXPECT_EQ(fault_of(blocked.get().error()), CallFault::did_not_return);
  EXPECT_EQ(fault_of(waited.error()), CallFault::written_off) << waited.error().message;
  EXPECT_NE(waited.error().message.find("acme-source: list"), std::string::npos) << waited.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10)) << "it did not wait for its deadline";
  const auto again = await(strategy_->stage(limits_, "run-1", tree_));
  EXPECT_EQ(fault_of(again.error()), CallFault::written_off) << "only the source is: who asked it is called again";
  EXPECT_NE(again.error().message.find("acme-strategy: stage"), std::string::npos) << again.error().message;
  EXPECT_EQ(scene_.lists, 1);
  scene_.list_may_end.release();
  scene_.list_gone.acquire();
}

TEST_F(TurnTest, IsNotWaitedForByACallThatIsCancelled) {
  auto blocked = blocked_stage(std::chrono::seconds(20));
  std::stop_source stop;
  stop.request_stop();
  auto cancelled = started(strategy_->stage(CallLimits(std::chrono::seconds(20), stop.get_token()), "run-1", tree_));
  loop.restart();
  while (cancelled.wait_for(milliseconds(0)) != std::future_status::ready) loop.run_one();
  EXPECT_EQ(cancelled.get().error(), errc::cancelled);
  scene_.list_may_end.release();
  loop.restart();
  loop.run();
  EXPECT_TRUE(blocked.get());
  EXPECT_EQ(workers.written_off(), 0u);
}

}  // namespace
}  // namespace stoker::host
