// The log of changes, and its bounds.
#include "change_log.hpp"

#include "fixture.hpp"

namespace {

using namespace stoker;
using namespace stoker::local;
using stoker::local::test::LocalFixture;
using Op = ObjectEvent::Op;

using ChangeLogTest = LocalFixture;

TEST_F(ChangeLogTest, KeepsTheNewestAndNamesTheOldestVersionToWatchFrom) {
  open({20, 1 << 20});
  const std::uint64_t first = insert(thing("a")).version;
  for (int i = 2; i <= 30; ++i) ASSERT_TRUE(patch("a", R"({"spec": {"size": )" + std::to_string(i) + "}}"));
  const std::uint64_t last = version();
  EXPECT_EQ(last, first + 29);
  const auto old = platform->watch(call.call(), {test::things, "", ""}, first);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, "object.expired");
  const auto number = watch(last - 20);
  const auto events = told();
  ASSERT_EQ(events.size(), 20u);
  EXPECT_EQ(events.front().watch, number);
  EXPECT_EQ(events.front().object.version, last - 19);
}

TEST_F(ChangeLogTest, IsBoundedInBytesToo) {
  open({10'000, 100'000});
  insert(thing("a"));
  const std::uint64_t first = version();
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(patch("a", R"({"spec": {"text": ")" + std::string(9'000 + static_cast<std::size_t>(i), 'x') + "\"}}"));
  EXPECT_FALSE(platform->watch(call.call(), {test::things, "", ""}, first));
  watch(version() - 5);
  EXPECT_EQ(told().size(), 5u);
}

TEST_F(ChangeLogTest, OneChangeStaysHoweverLargeItIs) {
  open({10, 100});
  insert(thing("a", "", R"({"text": ")" + std::string(1'000, 'x') + "\"}"));
  watch(version() - 1);
  EXPECT_EQ(told().size(), 1u);
}

TEST_F(ChangeLogTest, CountsTheSameAfterAStart) {
  open({20, 1 << 20});
  insert(thing("a"));
  for (int i = 2; i <= 15; ++i) ASSERT_TRUE(patch("a", R"({"spec": {"size": )" + std::to_string(i) + "}}"));
  open({20, 1 << 20});
  for (int i = 16; i <= 30; ++i) ASSERT_TRUE(patch("a", R"({"spec": {"size": )" + std::to_string(i) + "}}"));
  EXPECT_FALSE(platform->watch(call.call(), {test::things, "", ""}, version() - 25));
  EXPECT_TRUE(platform->watch(call.call(), {test::things, "", ""}, version() - 20));
}

TEST_F(ChangeLogTest, IsThereAfterAStart) {
  const std::uint64_t from = version();
  const Object made = insert(thing("a"));
  open();
  const auto number = watch(from);
  EXPECT_EQ(told(), (std::vector<ObjectEvent>{{number, Op::added, made}}));
}

ChangeRow relabelled(std::string_view before, std::string_view now) {
  ChangeRow row{};
  row.op = Op::changed;
  row.document = "now";
  row.document_before = "before";
  row.labels = now;
  row.labels_before = before;
  row.relabelled = true;
  return row;
}

TEST(ToldTest, DependsOnWhetherItFitsBeforeAndAfter) {
  const auto selector = Selector::parse("line=a");
  ASSERT_TRUE(selector);
  constexpr std::string_view a = R"({"line":"a"})", a2 = R"({"line":"a","more":""})", b = R"({"line":"b"})";
  EXPECT_EQ(told(relabelled(a, a2), *selector)->op, Op::changed);
  EXPECT_EQ(told(relabelled(b, a), *selector)->op, Op::added);
  EXPECT_EQ(told(relabelled(a, b), *selector)->op, Op::removed);
  EXPECT_EQ(told(relabelled(a, b), *selector)->document, "before");
  EXPECT_FALSE(told(relabelled(b, ""), *selector));
}

}  // namespace
