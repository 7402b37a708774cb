// The files behind a target's memory: what is refused, and that what is refused is left as it is.
#include "host/target_memory.hpp"

#include "tests/host/config/temp_folder.hpp"

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

}  // namespace
}  // namespace stoker::host
