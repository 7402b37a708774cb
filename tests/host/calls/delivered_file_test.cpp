// What a source delivers is held against what it announced, at the one place where another plugin reads it.
#include "tests/support/host_loop.hpp"
#include "tests/support/memory_repository.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

using stoker::testing::git_blob, stoker::testing::sha256_blob;

// A source with one file: what it says of it, and what it gives.
struct OneFile {
  File announced;
  std::function<Result<void>(const Bytes&)> deliver;
  int lists = 0;
};
OneFile* world = nullptr;

class OneFileTree : public Tree {
 public:
  Result<void> list(Call&, std::string_view under, const Out<File>& out) override {
    ++world->lists;
    return under.empty() || under == world->announced.path ? out.put(world->announced) : Result<void>();
  }
  Result<void> read(Call&, std::string_view, const Bytes& out) override { return world->deliver(out); }
  Result<void> diff(Call&, std::string_view, const Out<Delta>& out) override {
    return out.put({world->announced, Delta::Op::put});
  }
};

class OneFileSource : public Source {
 public:
  OneFileSource(const stoker::Config&, Host&) {}
  Result<void> resolve(Call&, const std::vector<std::string_view>&, const Out<Resolved>&, const Out<Note>&) override {
    return {};
  }
  Result<std::unique_ptr<Tree>> open(Call&, std::string_view) override {
    return std::unique_ptr<Tree>(std::make_unique<OneFileTree>());
  }
};

// A strategy whose `stage` does what the test says, with the view that it got.
std::function<Result<void>(const View&)> staging;
const stoker_strategy_v1& staging_strategy() {
  static const stoker_strategy_v1 table = [] {
    stoker_strategy_v1 t{};
    t.struct_size = sizeof t;
    t.create = [](const stoker_host*, const stoker_call*, stoker_str, stoker_strategy** out) -> stoker_status {
      static int anything;
      *out = reinterpret_cast<stoker_strategy*>(&anything);
      return STOKER_OK;
    };
    t.destroy = [](stoker_strategy*) {};
    t.stage = [](stoker_strategy*, const stoker_call* call, stoker_str, const stoker_view* view) {
      return glue::wall(call, [&] { return staging(View(view)); });
    };
    return t;
  }();
  return table;
}

class DeliveredFileTest : public ::testing::Test, protected testing::HostLoop {
 protected:
  DeliveredFileTest() : HostLoop(2) {
    world = &world_;
    announce("p/a", 3, "");
    deliver("abc");
    staging = [this](const View& view) {
      taken_.clear();
      return view.read("p/a", [this](std::string_view bytes) {
        taken_ += bytes;
        return Result<void>();
      });
    };
    source_ = std::move(make<SourceInstance>("acme-source", glue::source_table<OneFileSource>())).value();
    strategy_ = std::move(make<StrategyInstance>("acme-strategy", &staging_strategy())).value();
  }
  ~DeliveredFileTest() override {
    EXPECT_TRUE(await(source_->end()));
    EXPECT_TRUE(await(strategy_->end()));
  }
  void announce(std::string path, std::uint64_t bytes, std::string blob) {
    world_.announced = {std::move(path), std::move(blob), bytes, 0644, File::Type::regular};
  }
  void deliver(std::string bytes) {
    world_.deliver = [bytes = std::move(bytes)](const Bytes& out) { return out.put(bytes); };
  }
  Result<void> stage() {
    const CallLimits limits(std::chrono::seconds(20));
    auto tree = await(source_->open(limits, "r1"));
    auto staged = await(strategy_->stage(limits, "run-1", *tree));
    EXPECT_TRUE(await(source_->close(*tree)));
    return staged;
  }
  void expect_refused(const std::string& what) {
    const auto staged = stage();
    ASSERT_FALSE(staged);
    EXPECT_EQ(fault_of(staged.error()), CallFault::misbehaving);
    EXPECT_NE(staged.error().message.find("acme-source: read"), std::string::npos) << staged.error().message;
    EXPECT_NE(staged.error().message.find(what), std::string::npos) << staged.error().message;
  }

  OneFile world_;
  std::string taken_;
  std::unique_ptr<SourceInstance> source_;
  std::unique_ptr<StrategyInstance> strategy_;
};

// cases Q13
TEST_F(DeliveredFileTest, AFileThatIsAsAnnouncedIsTaken) {
  for (const std::string& blob : {git_blob("abc"), sha256_blob("abc"), std::string("v1"), std::string()}) {
    announce("p/a", 3, blob);
    const auto staged = stage();
    EXPECT_TRUE(staged) << blob << ": " << staged.error().message;
    EXPECT_EQ(taken_, "abc");
  }
}

// cases Q13
TEST_F(DeliveredFileTest, AFileWithOtherBytesThanItsDigestIsRefused) {
  announce("p/a", 3, "sha256:" + std::string(64, '0'));
  expect_refused("sha256:" + std::string(64, '0') + " was announced");
  announce("p/a", 3, git_blob("xyz"));
  expect_refused("with the blob " + git_blob("abc"));
}

// cases Q13
TEST_F(DeliveredFileTest, AFileThatIsShorterThanAnnouncedIsRefused) {
  deliver("x");
  expect_refused("delivered 1 bytes of \"p/a\", 3 were announced");
}

// cases Q13
TEST_F(DeliveredFileTest, AReadWithoutAnEndEndsAtTheAnnouncedSize) {
  world_.deliver = [](const Bytes& out) {
    for (;;)
      if (auto put = out.put("ab"); !put) return put;
  };
  expect_refused("more than 3 bytes of \"p/a\"");
  EXPECT_LE(taken_.size(), 3u);
}

// cases Q13: a strategy that only asked for the difference, or for nothing, is protected too.
TEST_F(DeliveredFileTest, AFileIsHeldAgainstWhatWasSaidOfItInAnyWay) {
  announce("p/a", 3, git_blob("xyz"));
  const auto read = staging;
  staging = [read](const View& view) -> Result<void> {
    if (auto since = view.since("r0"); !since) return std::move(since).error();
    return read(view);
  };
  expect_refused("was announced");
  EXPECT_EQ(world_.lists, 0);
  staging = read;
  expect_refused("was announced");
  EXPECT_EQ(world_.lists, 1) << "the file alone, once";
}

// cases Q13: a source need not allow a list within a list.
TEST_F(DeliveredFileTest, AReadWithinAListAsksForNoOtherList) {
  const auto read = staging;
  staging = [read](const View& view) { return view.list("", [&](const File&) { return read(view); }); };
  EXPECT_TRUE(stage());
  EXPECT_EQ(world_.lists, 1);
}

// cases Q13: who reads a part only may stop.
TEST_F(DeliveredFileTest, AReceiverThatWantsNoMoreIsNoFaultOfTheSource) {
  staging = [](const View& view) -> Result<void> {
    const auto read = view.read("p/a", [](std::string_view) { return Result<void>(Error(errc::exhausted, "enough")); });
    return read ? Result<void>(Error(errc::internal, "it was not stopped")) : Result<void>();
  };
  const auto staged = stage();
  EXPECT_TRUE(staged) << staged.error().message;
}

// cases Q13
TEST_F(DeliveredFileTest, TheIdOfNoBytesIsTakenAtItsWord) {
  announce("p/a", 0, git_blob(""));
  expect_refused("with the blob");
  deliver("");
  EXPECT_TRUE(stage());
  announce("p/a", 0, git_blob("abc"));  // the size is not known, so this id cannot be checked
  deliver("abc");
  EXPECT_TRUE(stage());
}

}  // namespace
}  // namespace stoker::host
