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

TEST(TargetMemoryTest, NothingIsWrittenAfterAWriteThatDidNotComeBack) {
  const test::TempFolder data;
  auto memory = TargetMemory::open(data.path());
  ASSERT_TRUE(memory);
  Memory next;
  next.sync = "line-a";
  const auto late = memory->put(next);
  ASSERT_TRUE(late);
  ASSERT_FALSE(memory->ended(next, Error(errc::timeout, "did not return", "host.written-off")));
  EXPECT_EQ(memory->now().sync, "");
  const Result<void> newer = memory->write(next);
  ASSERT_FALSE(newer) << "the late one could still land on it";
  EXPECT_EQ(newer.error().code, "memory.lost");
  EXPECT_FALSE(memory->put(Assignment()));
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
  for (int i = 0; i < 20; ++i) memory.hold("key " + std::to_string(i), "r", Assignment(), error, 0);
  const auto read = memory_from_json(to_json(memory));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->held.front().error, error.substr(0, Memory::error_bytes_max / 3 * 3));
}

}  // namespace
}  // namespace stoker::host
