// Every hold and every code that the pages or the sources name has its row, so that a new one cannot be forgotten.
#include "host/answers/advice.hpp"

#include "host/answers/explained_codes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace stoker::host {
namespace {

namespace fs = std::filesystem;

const Names names{"press-1", "line-a"};

// The first text after one of these, and the names that facts get.
std::set<std::string> holds_in_sources() {
  std::set<std::string> found;
  for (const char* root : {"host", "plugins"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(STOKER_SOURCE_DIR) / root)) {
      if (entry.path().extension() != ".cpp") continue;
      std::ifstream file(entry.path());
      const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      for (const std::string_view call : {"Decision::hold(", "make_hold(", "hold.name =", "hold(facts,"})
        for (std::size_t at = text.find(call); at != text.npos; at = text.find(call, at + 1)) {
          const std::size_t from = text.find_first_not_of(" \n", at + call.size());
          if (from == text.npos || text[from] != '"') continue;
          found.insert(text.substr(from + 1, text.find('"', from + 1) - from - 1));
        }
    }
  return found;
}

void expect_whole(const Advice& advice, const std::string& of) {
  EXPECT_TRUE(advice.known) << of << " needs a row in host/answers/advice.cpp";
  EXPECT_FALSE(advice.clause.empty()) << of;
  EXPECT_FALSE(advice.ended_by.empty()) << of;
  EXPECT_FALSE(advice.advice.empty()) << of << " needs its row in the pages of docs/";
  EXPECT_FALSE(advice.next.empty()) << of;
  for (const std::string& command : advice.next) {
    EXPECT_EQ(command.find_first_of("{}"), command.npos) << of << ": " << command;
    EXPECT_TRUE(command.starts_with("stoker ")) << of << ": " << command;
  }
}

TEST(AdviceTest, KnowsEveryHoldOfTheSources) {
  const std::set<std::string> holds = holds_in_sources();
  for (const char* seen : {"paused", "blocked", "mass-delete", "designer", "redundancy", "quarantine", "starting"})
    EXPECT_TRUE(holds.contains(seen)) << seen << " is not found any more";
  for (const std::string& hold : holds) expect_whole(advice_on_hold(hold, names), hold);
}

TEST(AdviceTest, KnowsEveryHoldAndEveryCodeOfThePages) {
  std::size_t holds = 0, codes = 0;
  for (const ExplainedCode& one : explained_codes(code_pages())) {
    if (one.kind == "hold") {
      ++holds;
      expect_whole(advice_on_hold(one.code, names), one.code);
    }
    if (one.kind != "code") continue;
    ++codes;
    expect_whole(advice_on_error(one.code, false, names), one.code);
    expect_whole(advice_on_error(one.code, true, names), one.code);
  }
  EXPECT_GT(holds, 14u);
  EXPECT_GT(codes, 130u);
}

TEST(AdviceTest, LeavesOutACommandWhoseNameIsNotKnown) {
  const Advice advice = advice_on_hold("designer", {});
  EXPECT_EQ(advice.next, std::vector<std::string>{"stoker explain designer"});
  EXPECT_EQ(retry_command({"press-1", ""}), "");
}

TEST(AdviceTest, OfAHoldThatNobodyKnowsSaysNothingOfItsOwn) {
  const Advice advice = advice_on_hold("com.acme.shift", names);
  EXPECT_FALSE(advice.known);
  EXPECT_EQ(advice.next, std::vector<std::string>{"stoker describe st press-1"});
}

TEST(AdviceTest, AsksForARetryOnlyWhereStokerDoesNotTryItself) {
  const std::string retry = "stoker retry line-a --target press-1";
  const auto has = [&](const Advice& advice) {
    return std::find(advice.next.begin(), advice.next.end(), retry) != advice.next.end();
  };
  EXPECT_TRUE(has(advice_on_error("merge.missing-source", false, names)));
  EXPECT_FALSE(has(advice_on_error("git.dns", true, names)));
}

}  // namespace
}  // namespace stoker::host
