// ChangeList: what was added comes back as it was, also across the blocks that it lies in.
#include "host/values/change_list.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

ChangeList listed(const std::vector<Change>& changes) {
  ChangeList list;
  for (const Change& change : changes) list.add(change);
  return list;
}

std::vector<Change> of(const ChangeList& list) { return {list.begin(), list.end()}; }

TEST(ChangeListTest, GivesBackEveryFieldOfEveryChange) {
  const std::string long_name(5000, 'n');
  const std::vector<Change> changes = {
      {"p/a/view.json", "src/p/a/view.json", "b1", "", "", 0, Change::Op::add, 0644, 0},
      {"p/a/view.json", "", "", std::string(64, 'f'), "", 300, Change::Op::remove, 0755, 127},
      {"", "p/a", "b2", "x", "y", ~std::uint64_t(0), Change::Op::replace, ~0u, ~0u},
      {long_name, long_name, "b3", "", "", 1 << 21, Change::Op::chmod, 0, 128},
      {"p/a/view.jsonx", "p/a/view.jsonx", "", "", "", 1, Change::Op::add, 0644, 1},
      {"q", "other", "", "", "", 1, Change::Op::add, 0644, 1}};
  const ChangeList list = listed(changes);
  EXPECT_EQ(list.size(), changes.size());
  EXPECT_EQ(of(list), changes);
}

TEST(ChangeListTest, OfManyIsWhole) {
  std::vector<Change> changes;
  for (int i = 0; i < 20'000; ++i) {
    Change change;
    change.path = "projects/Plant/com.inductiveautomation.perspective/views/Line/" + std::to_string(i) + "/view.json";
    change.origin = "src/" + change.path;
    change.blob = std::string(40, 'a');
    changes.push_back(change);
  }
  EXPECT_EQ(of(listed(changes)), changes);
}

TEST(ChangeListTest, IsEmptyUntilSomethingIsAdded) {
  ChangeList list;
  EXPECT_TRUE(list.empty());
  EXPECT_TRUE(list.begin() == list.end());
  list.add(
      listed({{"a", "", "", "", "", 0, Change::Op::remove, 0, 0}, {"b", "", "", "", "", 0, Change::Op::add, 0, 0}}));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(std::next(list.begin())->path, "b");
}

TEST(ChangeListTest, AStampOfTheGatewayDoesNotChangeItsDigest) {
  Change change;
  change.path = "p/resource.json";
  change.blob = "b1";
  change.before = "old";
  const std::string first = listed({change}).digest();
  change.before = "stamped";
  EXPECT_EQ(listed({change}).digest(), first);
  change.blob = "b2";
  EXPECT_NE(listed({change}).digest(), first);
}

}  // namespace
}  // namespace stoker::host
