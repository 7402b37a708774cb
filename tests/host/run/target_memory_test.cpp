// The files behind a target's memory: what is refused, and that what is refused is left as it is.
#include "host/run/target_memory.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

TEST(TargetMemoryTest, AnAssignmentOfANewerFormatIsRefusedByNameAndLeftAlone) {
  const test::TempFolder data;
  const std::string newer = R"({"format":2,"revision":{"algorithm":"sha256"}})";
  const std::filesystem::path file = data.write(".stoker/assignment.json", newer);
  auto opened = TargetMemory::open(data.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), errc::incompatible);
  for (const std::string& part : {file.string(), std::string("format 2"), std::string("knows (1)")})
    EXPECT_NE(opened.error().message.find(part), std::string::npos) << opened.error().message;
  EXPECT_EQ(read_file(file, 1000).value(), newer);
}

TEST(TargetMemoryTest, ADamagedAssignmentIsAsGoodAsNone) {
  const test::TempFolder data;
  data.write(".stoker/assignment.json", "{\"format\":1,\"revision\":7}");
  auto opened = TargetMemory::open(data.path());
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->assignment());
}

TEST(TargetMemoryTest, ADamagedMemoryIsRefusedByTheNameOfTheFieldAndLeftAlone) {
  const std::pair<const char*, const char*> all[] = {
      {"{}", "/format is missing"},
      {"{\"format\":1", "not a JSON object"},
      {R"({"format":1,"held":{}})", "/held is not an array"},
      {R"({"format":1,"unverified":["a",1]})", "/unverified/1 is not a string"},
      {R"({"format":1,"inFlight":null})", "/inFlight is not an object"},
      {R"({"format":1,"inFlight":{"run":1}})", "/inFlight/run is not a string"},
      {R"({"format":1,"inFlight":{"assignment":"{\"format\":1,\"ref\":7}"}})", "/ref is not a string"},
      {R"({"format":1,"running":{"at":"asleep"}})", "/running/at is \"asleep\""},
      {R"({"format":1,"good":{"verified":"yes"}})", "/good/verified is neither"},
      {R"({"format":1,"quarantine":[]})", "/quarantine is not an object"}};
  for (const auto& [text, said] : all) {
    const test::TempFolder data;
    const std::filesystem::path file = data.write(".stoker/target.json", text);
    auto opened = TargetMemory::open(data.path());
    ASSERT_FALSE(opened) << text;
    EXPECT_NE(opened.error().message.find(file.string()), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find(said), std::string::npos) << opened.error().message;
    EXPECT_EQ(read_file(file, 1000).value(), text);
  }
}

// As the program before this one wrote it: its assignments have no source, and more fields than are read now.
TEST(TargetMemoryTest, AMemoryOfAnOlderProgramIsRead) {
  const test::TempFolder data;
  data.write(".stoker/target.json",
             R"({"format":1,"sync":"line-a","strategy":"strategy-merge","role":"","adopted":true,"retried":"x",)"
             R"("running":{"revision":"r2","ref":"main","inputs":"i","vars":"v","key":"k","run":"run-2",)"
             R"("verified":false,"at":"down","since":12,"role":"backup"},"unverified":["run-2"],)"
             R"("inFlight":{"run":"run-2","assignment":"{\"format\":1,\"sync\":\"line-a\",\"revision\":\"r2\",)"
             R"(\"contents\":\"lfs\",\"facts\":{\"state\":\"down\"},\"look\":\"all\",\"looks\":true}",)"
             R"("tickets":{"verify-a":"t"},"goBack":false,"moved":true},)"
             R"("held":[{"key":"h","revision":"r0","error":"e","token":3,"since":4}],"lastDetail":{},"history":[]})");
  auto opened = TargetMemory::open(data.path());
  ASSERT_TRUE(opened) << opened.error().message;
  const Memory& memory = opened->now();
  EXPECT_FALSE(memory.role);
  EXPECT_EQ(memory.running->applied_while, GatewayState::down);
  EXPECT_EQ(memory.running->role, Role::backup);
  EXPECT_EQ(memory.in_flight->assignment.revision, "r2");
  EXPECT_EQ(memory.in_flight->assignment.source.contents(), "lfs");
  EXPECT_EQ(memory.held.front().token, 3u);
}

TEST(TargetMemoryTest, NothingIsWrittenAfterAWriteThatDidNotComeBack) {
  const test::TempFolder data;
  auto memory = TargetMemory::open(data.path());
  ASSERT_TRUE(memory);
  Memory next;
  next.sync = "line-a";
  const auto late = memory->begin_write(next);
  ASSERT_TRUE(late);
  ASSERT_FALSE(memory->end_write(next, Error(errc::timeout, "did not return", "host.written-off")));
  EXPECT_EQ(memory->now().sync, "");
  const Result<void> newer = memory->write(next);
  ASSERT_FALSE(newer) << "the late one could still land on it";
  EXPECT_EQ(newer.error().code, "memory.lost");
  EXPECT_FALSE(memory->begin_write(Assignment()));
  EXPECT_TRUE((*late)().durable) << "it touches nothing but its file";
}

TEST(TargetMemoryTest, AMemoryThatCouldNotBeReadAgainIsNotWritten) {
  const test::TempFolder data;
  auto memory = TargetMemory::open(data.path());
  ASSERT_TRUE(memory);
  ASSERT_TRUE(memory->write(Memory()));
  Memory next;
  next.last_detail["verify-x"] = std::string(TargetMemory::bytes_max, 'x');
  ASSERT_FALSE(memory->write(next));
  EXPECT_TRUE(memory->now().last_detail.empty());
  EXPECT_TRUE(read_file(data.path() / ".stoker/target.json", TargetMemory::bytes_max));
}

TEST(TargetMemoryTest, ALongErrorOfAHoldIsCutBetweenTwoCharactersAndReadAgain) {
  Memory memory;
  std::string error;
  while (error.size() < 65536) error += "\u20ac";  // three bytes, and three do not divide the bound
  for (int i = 0; i < 20; ++i) memory.hold("key " + std::to_string(i), "r", 1, error, 0);
  const auto read = memory_from_json(to_json(memory));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->held.front().error, error.substr(0, Memory::error_bytes_max / 3 * 3));
}

}  // namespace
}  // namespace stoker::host
