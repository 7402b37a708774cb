#include "host/answers/past_runs.hpp"

#include <boost/json.hpp>

#include <algorithm>

#include "stories.hpp"

namespace stoker::host {
namespace {

std::string entry(const std::string& id, const std::string& at, const std::string& commit, const std::string& result,
                  const std::string& message, int files) {
  return R"({"id": ")" + id + R"(", "timestamp": ")" + at + R"(", "commit": ")" + commit +
         R"(", "ref": "refs/heads/main", "result": ")" + result + R"(", "message": ")" + message +
         R"(", "filesChanged": )" + std::to_string(files) + R"(, "projectsSynced": ["Line2"], "durationMs": 1250})";
}

std::string press(const std::string& name, const std::string& at) {
  return target_object(R"("history": [)" +
                           entry("r2-" + name, at, fresh, "applied", "applied 3 changes at 2b3c4d5e6f70, verified", 3) +
                           ", " +
                           entry("r1-" + name, "2025-01-01T08:00:00Z", good, "failed",
                                 "failed at 1a2b3c4d5e6f, plan: mapping 0\\n\\u001b[2J is gone", 0) +
                           "]",
                       name);
}

TEST(PastRunsTest, AreATableWithTheNewestFirst) {
  expect_golden(past_runs_text({press("press-1", "2025-01-02T11:55:00Z")}, false, story_now), "history-target.txt");
}

TEST(PastRunsTest, OfASyncNameTheirTarget) {
  expect_golden(past_runs_text({press("press-1", "2025-01-02T11:55:00Z"), press("press-2", "2025-01-02T11:58:00Z")},
                               true, story_now),
                "history-sync.txt");
}

TEST(PastRunsTest, AreTheSameAsJson) {
  expect_golden(past_runs_json({press("press-1", "2025-01-02T11:55:00Z")}) + "\n", "history-target.json");
}

TEST(PastRunsTest, OfATargetThatNeverRan) {
  EXPECT_EQ(past_runs_text({target_object("")}, false, story_now), "No Run is remembered yet.\n");
  EXPECT_EQ(past_runs_json({"not json"}), R"({"format":1,"runs":[]})");
}

TEST(PastRunsTest, AreBounded) {
  std::vector<std::string> targets;
  for (int i = 0; i < 60; ++i) targets.push_back(press("press-" + std::to_string(i), "2025-01-02T11:55:00Z"));
  const std::string text = past_runs_text(targets, true, story_now);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), static_cast<std::ptrdiff_t>(past_runs_max) + 2);
  EXPECT_NE(text.find("and 20 more; -o json has them\n"), text.npos) << text;
}

}  // namespace
}  // namespace stoker::host
