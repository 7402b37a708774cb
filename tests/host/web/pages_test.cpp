// What the status page says.
#include "host/web/pages.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

// cases T32
TEST(PagesTest, NotesStandBelowTheirTarget) {
  TargetStatus target;
  target.name = "press-1";
  target.sync = "line-a";
  target.open = target.awake = true;
  target.notes = {{"drift", "projects/P/a.txt", "changed by somebody else"}, {"unowned", "", "7 files"}};
  EXPECT_EQ(status_page({{target}, {}, {}}),
            "press-1  line-a  nothing is assigned yet\n"
            "  drift projects/P/a.txt: changed by somebody else\n"
            "  unowned: 7 files\n");
}

// cases T04, T16
TEST(PagesTest, WhyATargetIsNotOpenOrGetsNothingNewerStandsInItsLine) {
  TargetStatus target;
  target.name = "press-1";
  target.sync = "line-a";
  target.why_not = "its data folder is gone";
  target.unresolved = "there is no branch main [git.ref-not-found], since 2025-01-02T03:04:05Z";
  EXPECT_EQ(status_page({{target}, {}, "a.yaml:3:1: no such field"}),
            "press-1  line-a  not open: its data folder is gone; no newer revision comes: there is no branch main "
            "[git.ref-not-found], since 2025-01-02T03:04:05Z\n"
            "\nMistakes in the files of the Syncs; a Sync that was good before is used as it was\n"
            "a.yaml:3:1: no such field\n");
}

TEST(PagesTest, WhyTheObjectsCannotBeUsedStandsFirst) {
  Status status;
  status.objects = "the file\nis broken";
  EXPECT_EQ(status_page(status), "The objects cannot be used; targets keep what they have: the file\\nis broken\n\n");
}

// cases Q22
TEST(PagesTest, ATextOfAPluginStaysInItsLine) {
  const std::string forged = "no answer\npress-2  line-a  applied";
  const std::string shown = "no answer\\npress-2  line-a  applied";
  Status status;
  TargetStatus closed, opened;
  closed.name = opened.name = "press-1";
  closed.sync = opened.sync = "line-a";
  closed.why_not = forged;
  opened.open = opened.awake = true;
  opened.unresolved = forged;
  opened.notes = {{"drift", "a\nb", forged}};
  opened.last.emplace();
  opened.last->error = Error(errc::internal, forged);
  NotifierStatus ill;
  ill.module = "notify-webhook";
  ill.failure.emplace();
  ill.failure->why = forged;
  const std::string page = status_page({{closed, opened}, {ill}, {}});
  EXPECT_EQ(page.find("\npress-2"), std::string::npos) << page;
  std::size_t count = 0;
  for (auto at = page.find(shown); at != page.npos; at = page.find(shown, at + 1)) ++count;
  EXPECT_EQ(count, 5u) << page;
}

// cases T33
TEST(PagesTest, TheTableOfNoticesSaysSinceWhenTheyDoNotArriveAndWhy) {
  NotifierStatus well, ill;
  well.module = "notify-mail";
  ill.module = "notify-webhook";
  ill.waiting = 3;
  ill.parked = 12;
  ill.failure.emplace();
  ill.failure->since_ms = 1'735'787'045'000;
  ill.failure->why = "webhook: example.com answered 503";
  EXPECT_EQ(status_page({{}, {well, ill}, {}}),
            "\nNotices\n"
            "notifier        waiting  parked  last failure\n"
            "notify-mail     0        0       -\n"
            "notify-webhook  3        12      since 2025-01-02T03:04:05Z: webhook: example.com answered 503\n");
}

}  // namespace
}  // namespace stoker::host
