// Which uses of a source share an instance, and when one is ended.
#include "host/calls/source_pool.hpp"
#include "tests/support/module_host.hpp"

#include <stoker/source.hpp>

namespace stoker::host {
namespace {

// Remembers which sources were made and ended. A repository "broken" cannot be made while it is.
class CountedSource final : public Source {
 public:
  struct Count {
    std::mutex mutex;
    std::vector<std::string> made, ended;
    bool broken = true;
  };
  CountedSource(const stoker::Config& config, Host&)
      : name_(config.text("/use/repo") + " " + config.text("/use/auth/token") + config.text("/use/source/path")) {
    const std::lock_guard lock(count->mutex);
    if (count->broken && name_.starts_with("broken")) throw std::invalid_argument("it is broken");
    count->made.push_back(name_);
  }
  ~CountedSource() override {
    const std::lock_guard lock(count->mutex);
    count->ended.push_back(name_);
  }
  Result<void> resolve(Call&, const std::vector<std::string_view>&, const Out<Resolved>&, const Out<Note>&) override {
    return Error(errc::internal, "nobody resolves here");
  }
  Result<std::unique_ptr<Tree>> open(Call&, std::string_view) override {
    return Error(errc::internal, "nobody opens here");
  }
  static inline Count* count = nullptr;

 private:
  std::string name_;
};

class SourcePoolTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  using Names = std::vector<std::string>;
  SourcePoolTest() {
    CountedSource::count = &count_;
    link<CountedSource>("source-counted");
    write_secret("git", "token", "old");
  }
  ~SourcePoolTest() override {
    EXPECT_TRUE(await(pool_.end()));
    EXPECT_EQ(count_.ended.size(), count_.made.size());
  }
  static SourceSpec repository(const std::string& name) {
    SourceSpec made;
    made.repo = name;
    made.auth.token = SecretRef{"git", "token"};
    return made;
  }
  Result<std::shared_ptr<SourceInstance>> get(const std::string& name) { return await(pool_.get(repository(name))); }

  CountedSource::Count count_;
  SourcePool pool_{workers, factory, config};
};

TEST_F(SourcePoolTest, AnEqualUseHasTheSameInstance) {
  const auto first = get("a"), again = get("a"), other = get("b");
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *other);
  EXPECT_EQ(count_.made, (Names{"a old", "b old"}));
}

TEST_F(SourcePoolTest, WhatTheSourceDeliversBelongsToTheUse) {
  SourceSpec with_lfs = repository("a");
  with_lfs.lfs = true;
  const auto plain = get("a"), lfs = await(pool_.get(with_lfs));
  ASSERT_TRUE(plain && lfs);
  EXPECT_NE(*plain, *lfs);
}

TEST_F(SourcePoolTest, AChangedSecretMakesANewInstance) {
  ASSERT_TRUE(get("a"));
  write_secret("git", "token", "new");
  ASSERT_TRUE(get("a"));
  EXPECT_EQ(count_.made, (Names{"a old", "a new"}));
}

TEST_F(SourcePoolTest, TheReplacedInstanceThatNobodyUsesIsEnded) {
  ASSERT_TRUE(get("a"));
  ASSERT_TRUE(get("b"));
  write_secret("git", "token", "new");
  ASSERT_TRUE(get("a"));
  EXPECT_EQ(count_.ended, Names{"a old"});  // that of b is not replaced before somebody asks for b
}

TEST_F(SourcePoolTest, TheReplacedInstanceThatIsInUseIsEndedWithALaterOne) {
  auto in_use = get("a");
  write_secret("git", "token", "new");
  ASSERT_TRUE(get("a"));
  EXPECT_EQ(count_.ended, Names());
  in_use = Error(errc::internal, "nobody uses it any more");
  write_secret("git", "token", "newest");
  ASSERT_TRUE(get("a"));
  std::sort(count_.ended.begin(), count_.ended.end());
  EXPECT_EQ(count_.ended, (Names{"a new", "a old"}));
}

TEST_F(SourcePoolTest, TwoWhoAskAtOnceShareOneInstance) {
  Result<std::shared_ptr<SourceInstance>> first = Error(), second = Error();
  asio::co_spawn(loop, pool_.get(repository("a")), [&](std::exception_ptr, auto made) { first = std::move(made); });
  asio::co_spawn(loop, pool_.get(repository("a")), [&](std::exception_ptr, auto made) { second = std::move(made); });
  loop.restart();
  loop.run();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(count_.made.size(), count_.ended.size() + 1);
}

TEST_F(SourcePoolTest, AFailureToCreateBelongsToThatUseAlone) {
  const auto broken = get("broken");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error(), errc::invalid);
  EXPECT_NE(broken.error().message.find("it is broken"), std::string::npos) << broken.error().message;
  EXPECT_TRUE(get("a"));
  count_.broken = false;  // a failure is not kept
  EXPECT_TRUE(get("broken"));
}

TEST_F(SourcePoolTest, ASecretThatIsNotThereFailsByNameAndMakesNothing) {
  SourceSpec unknown = repository("a");
  unknown.auth.token->key = "lost";
  const auto made = await(pool_.get(unknown));
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("lost"), std::string::npos) << made.error().message;
  EXPECT_EQ(count_.made, Names());
}

TEST_F(SourcePoolTest, EndEndsEveryInstance) {
  ASSERT_TRUE(get("a"));
  ASSERT_TRUE(get("b"));
  ASSERT_TRUE(await(pool_.end()));
  EXPECT_EQ(count_.ended.size(), 2u);
}

// cases Q8
TEST_F(SourcePoolTest, OfTwoSourcesTheOneThatIsNamedReadsIt) {
  link<CountedSource>("source-other");
  const auto unnamed = get("a");
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().code, "config.source");
  EXPECT_NE(unnamed.error().message.find("source-counted, source-other"), std::string::npos) << unnamed.error().message;
  SourceSpec one = repository("a"), other = one, none = one;
  one.module = "source-counted";
  other.module = "source-other";
  none.module = "source-gone";
  const auto first = await(pool_.get(one)), second = await(pool_.get(other));
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->module_name(), "source-counted");
  EXPECT_EQ((*second)->module_name(), "source-other");
  EXPECT_EQ(await(pool_.get(none)).error().code, "config.source");
}

// cases Q8
TEST_F(SourcePoolTest, ASourceOfAnotherKindIsMadeWithTheSettingsOfItsSyncAndTheirSecrets) {
  link<CountedSource>(
      "source-dir",
      R"({"properties": {"source": {"type": "object", "properties": {"path": {"x-stoker-secret": true}}}}})");
  SourceSpec source;
  source.module = "source-dir";
  source.settings = R"({"path": {"secretRef": {"name": "git", "key": "token"}}})";
  ASSERT_TRUE(await(pool_.get(source)));
  EXPECT_EQ(count_.made, Names{" old"});
}

}  // namespace
}  // namespace stoker::host
