// Who wrote. coordination P6
#include "conformance/fixture.hpp"

#include <algorithm>

namespace conformance {
namespace {

using WritersConformance = Conformance;

std::size_t entries(const Object& object, const std::string& manager, bool status) {
  const json::value managed = at(object, "/metadata/managedFields");
  if (!managed.is_array()) return 0;
  return static_cast<std::size_t>(
      std::count_if(managed.as_array().begin(), managed.as_array().end(), [&](const json::value& entry) {
        const json::value* subresource = entry.as_object().if_contains("subresource");
        return entry.at("manager") == manager.c_str() && (subresource && *subresource == "status") == status;
      }));
}

// coordination P6
TEST_F(WritersConformance, TheWriterIsNoted) {
  const auto made = platform().insert(thing("a"), "first-writer");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(entries(*made, "first-writer", false), 1u);
}

// coordination P6
TEST_F(WritersConformance, WhoeverWritesLaterIsNotedToo) {
  ASSERT_TRUE(platform().insert(thing("a"), "first-writer"));
  const auto second = platform().patch(key("a"), Part::spec, R"({"spec": {"size": 2}})", "second-writer");
  ASSERT_TRUE(second);
  EXPECT_EQ(entries(*second, "first-writer", false), 1u);
  EXPECT_EQ(entries(*second, "second-writer", false), 1u);
}

// coordination P6
TEST_F(WritersConformance, AWriterOfTheStatusIsNotedApart) {
  ASSERT_TRUE(platform().insert(thing("a"), "writer"));
  const auto ready = platform().patch(key("a"), Part::status, R"({"status": {"phase": "Ready"}})", "writer");
  ASSERT_TRUE(ready);
  EXPECT_EQ(entries(*ready, "writer", false), 1u);
  EXPECT_EQ(entries(*ready, "writer", true), 1u);
}

// coordination P6
TEST_F(WritersConformance, TheSameWriterIsNotedOnce) {
  ASSERT_TRUE(platform().insert(thing("a"), "writer"));
  Result<Object> last;
  for (int size = 1; size <= 3; ++size)
    last = platform().patch(key("a"), Part::spec, R"({"spec": {"size": )" + std::to_string(size) + "}}", "writer");
  ASSERT_TRUE(last);
  EXPECT_EQ(entries(*last, "writer", false), 1u);
}

}  // namespace
}  // namespace conformance
