// Elections. coordination P8
#include "conformance/fixture.hpp"

#include <thread>

namespace conformance {
namespace {

using namespace std::chrono_literals;

class ElectionsConformance : public Conformance {
 protected:
  void SetUp() override {
    if (!platform().knows_elections()) GTEST_SKIP() << "this platform has no elections";
  }
  bool leads(const std::string& candidate, const std::string& election = "one") const {
    const auto answer = platform().lead(name(election), name(candidate), ttl);
    if (!answer) throw std::runtime_error("lead: " + answer.error().message);
    return *answer;
  }
  void resign(const std::string& candidate, const std::string& election = "one") const {
    const auto done = platform().resign(name(election), name(candidate));
    if (!done) throw std::runtime_error("resign: " + done.error().message);
  }
  const std::chrono::milliseconds ttl = 2s;
};

// coordination P8
TEST_F(ElectionsConformance, TheFirstCandidateLeadsAndAnotherDoesNot) {
  EXPECT_TRUE(leads("a"));
  EXPECT_FALSE(leads("b"));
  EXPECT_TRUE(leads("a"));
  resign("a");
}

// coordination P8
TEST_F(ElectionsConformance, WhoRenewsKeepsLeading) {
  ASSERT_TRUE(leads("a"));
  const auto end = std::chrono::steady_clock::now() + 2 * ttl;
  while (std::chrono::steady_clock::now() < end) {
    ASSERT_TRUE(leads("a"));
    ASSERT_FALSE(leads("b"));
    std::this_thread::sleep_for(ttl / 5);
  }
  resign("a");
}

// coordination P8
TEST_F(ElectionsConformance, AnotherLeadsAtOnceAfterAResignation) {
  ASSERT_TRUE(leads("a"));
  ASSERT_FALSE(leads("b"));
  resign("a");
  EXPECT_TRUE(leads("b"));
  EXPECT_FALSE(leads("a"));
  resign("b");
}

// coordination P8
TEST_F(ElectionsConformance, AnotherLeadsAfterASilenceOfTheTtlAndNotBefore) {
  ASSERT_TRUE(leads("a"));
  const auto renewed = std::chrono::steady_clock::now();
  const auto patience_ends = renewed + 5 * ttl;
  while (!leads("b") && std::chrono::steady_clock::now() < patience_ends) std::this_thread::sleep_for(20ms);
  EXPECT_GE(std::chrono::steady_clock::now() - renewed, ttl - 50ms);
  EXPECT_LT(std::chrono::steady_clock::now(), patience_ends);
  EXPECT_FALSE(leads("a"));
  resign("b");
}

// coordination P8
TEST_F(ElectionsConformance, AResignationOfWhoDoesNotLeadChangesNothing) {
  ASSERT_TRUE(leads("a"));
  resign("b");
  EXPECT_FALSE(leads("b"));
  EXPECT_TRUE(leads("a"));
  resign("a");
}

// coordination P8
TEST_F(ElectionsConformance, ElectionsAreApart) {
  EXPECT_TRUE(leads("a", "one"));
  EXPECT_TRUE(leads("b", "two"));
  resign("a", "one");
  resign("b", "two");
}

// coordination P8
TEST_F(ElectionsConformance, OfManyCandidatesAtOnceOneLeads) {
  std::atomic<int> leaders = 0;
  std::vector<std::thread> candidates;
  for (int i = 0; i < 8; ++i)
    candidates.emplace_back([&, i] {
      const auto answer = platform().lead(name("one"), name("c" + std::to_string(i)), ttl);
      if (answer && *answer) ++leaders;
    });
  for (std::thread& candidate : candidates) candidate.join();
  EXPECT_EQ(leaders, 1);
}

}  // namespace
}  // namespace conformance
