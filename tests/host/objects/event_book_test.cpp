// Events as objects: the same one counts, and only the newest stay.
#include "host/objects/event_book.hpp"

#include "host/config/kinds.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

class EventBookTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  EventBookTest() {
    store_.check = check_object;
    open();
  }
  void open() {
    book_ = std::make_unique<EventBook>(store_, clock, log.module("stoker"));
    get(book_->open());
  }
  void write(const std::string& reason, const std::string& message) {
    EventSubject about;
    about.api_version = "stoker.io/v1alpha1";
    about.kind = "GatewaySync";
    about.name_space = "default";
    about.name = "line-a";
    about.uid = "uid-1";
    get(book_->write(about, true, reason, message));
  }
  std::vector<json::object> all() {
    std::vector<json::object> found;
    const auto listed = get(store_.list(ObjectQuery(resource::events)));  // lives as long as the loop
    for (const Object& object : listed->objects) found.push_back(json::parse(object.document).as_object());
    return found;
  }
  testing::MemoryStore store_;
  std::unique_ptr<EventBook> book_;
};

TEST_F(EventBookTest, AnEventSaysWhatHappenedToWhom) {
  write("SyncFailed", "Gateway area2 failed to sync: disk full");
  const auto events = all();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at("reason"), "SyncFailed");
  EXPECT_EQ(events[0].at("type"), "Warning");
  EXPECT_EQ(events[0].at("involvedObject").at("name"), "line-a");
  EXPECT_EQ(events[0].at("count"), 1);
}

TEST_F(EventBookTest, TheSameEventRaisesItsCountAlsoInTheNextProcess) {
  write("SyncFailed", "one");
  write("SyncFailed", "one");
  open();
  clock.advance(std::chrono::seconds(60));
  write("SyncFailed", "one");
  const auto events = all();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at("count"), 3);
  EXPECT_NE(events[0].at("firstTimestamp"), events[0].at("lastTimestamp"));
}

TEST_F(EventBookTest, OnlyTheNewestStay) {
  for (std::size_t i = 0; i < EventBook::events_max + 5; ++i) write("SyncFailed", std::to_string(i));
  const auto events = all();
  EXPECT_EQ(events.size(), EventBook::events_max);
  for (const auto& event : events) EXPECT_NE(event.at("message"), "0");
}

TEST_F(EventBookTest, AStoreThatIsAwayIsSaidOnce) {
  store_.fault = [](std::string_view, const ObjectKey&) { return Error(errc::unreachable, "away"); };
  write("SyncFailed", "one");
  write("SyncFailed", "two");
  EXPECT_EQ(logged("an Event could not be written"), 1u);
  store_.fault = {};
  write("SyncFailed", "three");
  EXPECT_EQ(all().size(), 1u);
}

}  // namespace
}  // namespace stoker::host
