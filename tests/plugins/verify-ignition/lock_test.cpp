// Whose lock is whose, and what happens while a scan runs.
#include "ignition_fixture.hpp"

namespace verify_ignition {
namespace {

constexpr auto kMinute = std::chrono::seconds(60);

class LockTest : public IgnitionTest {
 protected:
  void use_a_key_named(const std::string& name) { key_ = ignition_sim::write_own_key(data_, name); }
  std::string holder() {
    const auto held = gateway_->lock(Kind::projects);
    return held ? held->actor : std::string();
  }
  // A scan of projects is active until the plugin has looked `looks` times at its status; for ever without a number.
  void begin_a_scan(int looks = 0) {
    gateway_->set_scan_course(Kind::projects, Course::stuck);
    gateway_->request_scan(Kind::projects, "somebody");
    while (!gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
    if (looks == 0) return;
    before_each_request([this, looks, seen = 0](const HttpRequest& request) mutable {
      if (request.method != "GET" || !request.url.ends_with("/scan/projects") || ++seen != looks) return;
      gateway_->set_scan_course(Kind::projects, Course::normal);
    });
  }
};

// cases I5
TEST_F(LockTest, TheTimestampOfALockMayBeAnyNumber) {
  for (const std::int64_t stamp : {380'308'558L, -380'308'558L, 0L}) {
    options_.lock_stamp = stamp;
    if (verifier_) table_->destroy(std::exchange(verifier_, nullptr));
    start();
    ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
    ASSERT_TRUE(allowed()) << stamp;
    ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
    EXPECT_TRUE(healthy()) << stamp;
  }
}

// cases L10, I6
TEST_F(LockTest, ALockIsNotOursBecauseOurKeysNameStandsSomewhereInItsActor) {
  for (const auto& [name, actor] : std::map<std::string, std::string>{{"api-token", "api-token:other:10.0.0.9"},
                                                                      {"0", "api-token:other:0:0:0:0:0:0:0:1"},
                                                                      {"10.0.0.5", "api-token:other:10.0.0.5"},
                                                                      {"stoker", "api-token:stoker-2:127.0.0.1"}}) {
    use_a_key_named(name);
    if (verifier_) table_->destroy(std::exchange(verifier_, nullptr));
    start().take_lock(Kind::projects, actor, kMinute);
    ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
    EXPECT_TRUE(held("scan-locked")) << name;
    EXPECT_NE(decision().reason.find(actor), std::string::npos) << decision().reason;
    EXPECT_EQ(unlock(), STOKER_OK) << error_.message;
    EXPECT_EQ(holder(), actor) << "left alone";
  }
}

// cases L10, I7
TEST_F(LockTest, ALockOfOurKeyFromAnotherAddressIsAnothers) {
  start().take_lock(Kind::projects, "api-token:stoker:10.0.0.9", kMinute);
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("scan-locked"));
  ticket_.clear();
  EXPECT_EQ(unlock(), STOKER_OK) << error_.message;
  EXPECT_EQ(holder(), "api-token:stoker:10.0.0.9");
  EXPECT_EQ(verify(view_), STOKER_E_CONFLICT);
  EXPECT_EQ(holder(), "api-token:stoker:10.0.0.9") << "a scan request would have ended it";
}

// cases T44
TEST_F(LockTest, NothingMayBeRenamedWhileAScanThatDoesNotEndIsActive) {
  options_.habits.lock_during_scan = true;
  start();
  begin_a_scan();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("scan-active"));
  EXPECT_FALSE(gateway_->lock(Kind::projects)) << "a hold leaves nothing locked";
}

// cases T44
TEST_F(LockTest, AScanThatIsActiveAtTheLockIsWaitedFor) {
  options_.habits.lock_during_scan = true;
  start();
  begin_a_scan(3);
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
  EXPECT_FALSE(gateway_->scanning(Kind::projects));
  EXPECT_TRUE(gateway_->lock(Kind::projects));
}

// cases T44
TEST_F(LockTest, AScanOfAKindThatThePlanDoesNotTouchIsNotWaitedFor) {
  options_.habits.lock_during_scan = true;
  start();
  begin_a_scan();
  const FakePlan config({change(std::string(kDatabase) + "/config.json")});
  ASSERT_EQ(lock(config), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
}

// cases L8, I8
TEST_F(LockTest, AScanOfSomebodyThatTookOurLockIsFollowedByOneOfOurs) {
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  write(std::string(kView) + "/view.json", "{\"n\":1}");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(gateway_->digest("projects"),
            ignition_sim::loaded_digest(ignition_sim::view_of(ignition_sim::read_tree(data_, "projects"))));
}

// Behind a proxy the gateway sees another address than ours.
TEST_F(LockTest, ALockThatThisProcessTookAgainIsItsOwnWhateverTheTicketSays) {
  start();
  host_.http.handler = [](const HttpRequest& request) {
    auto answer = carry(request);
    const std::string ours = "127.0.0.1";
    if (answer)
      if (const std::size_t at = answer->body.find(ours); at != std::string::npos)
        answer->body.replace(at, ours.size(), "10.0.0.9");
    return answer;
  };
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  const std::string first = ticket_;
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  ticket_ = first;
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(notes(), std::vector<std::string>());
}

}  // namespace
}  // namespace verify_ignition
