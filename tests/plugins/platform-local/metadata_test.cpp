// What the platform writes into metadata.
#include "metadata.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <set>

namespace {

using namespace stoker::local;

json::object object(const char* text) { return json::parse(text).as_object(); }

TEST(MetadataTest, UidsAreRandomOfVersionFour) {
  std::set<std::string> uids;
  for (int i = 0; i < 100; ++i) {
    const std::string uid = new_uid();
    EXPECT_EQ(uid.size(), 36u);
    EXPECT_EQ(uid[14], '4');
    EXPECT_NE(std::string("89ab").find(uid[19]), std::string::npos) << uid;
    uids.insert(uid);
  }
  EXPECT_EQ(uids.size(), 100u);
}

TEST(MetadataTest, AGeneratedNameHasAtMost63Characters) {
  EXPECT_EQ(generated_name("job-").size(), 9u);
  EXPECT_EQ(generated_name(std::string(300, 'g')).size(), 63u);
}

TEST(MetadataTest, TimesAreInUtcAndWholeSeconds) { EXPECT_EQ(time_text(1'735'787'045'999), "2025-01-02T03:04:05Z"); }

TEST(MetadataTest, TheNewestTenWritersStay) {
  json::object document = object(R"({"apiVersion": "v1", "metadata": {}})");
  for (int i = 0; i < 12; ++i) note_writer(document, "w" + std::to_string(i), false, "t");
  note_writer(document, "w5", false, "later");
  const json::array& writers = document["metadata"].as_object()["managedFields"].as_array();
  ASSERT_EQ(writers.size(), 10u);
  EXPECT_EQ(writers.front().at("manager"), "w2");
  EXPECT_EQ(writers.back().at("manager"), "w5");
  EXPECT_EQ(writers.back().at("time"), "later");
}

TEST(MetadataTest, AWriterWithoutANameIsNotNoted) {
  json::object document = object(R"({"apiVersion": "v1", "metadata": {}})");
  note_writer(document, "", false, "t");
  EXPECT_EQ(text_of(document), R"({"apiVersion":"v1","metadata":{}})");
}

TEST(MetadataTest, TheOrderOfKeysIsNoChange) {
  EXPECT_TRUE(same_but_version(object(R"({"metadata": {"name": "a", "labels": {"x": "1", "y": "2"}}, "spec": {}})"),
                               object(R"({"spec": {}, "metadata": {"labels": {"y": "2", "x": "1"}, "name": "a"}})")));
}

TEST(MetadataTest, VersionAndWritersAreNoChange) {
  EXPECT_TRUE(same_but_version(object(R"({"metadata": {"name": "a", "resourceVersion": "1"}})"),
                               object(R"({"metadata": {"name": "a", "resourceVersion": "2", "managedFields": [1]}})")));
  EXPECT_FALSE(same_but_version(object(R"({"metadata": {"name": "a"}})"),
                                object(R"({"metadata": {"name": "a", "generation": 2}})")));
  EXPECT_FALSE(same_but_version(object(R"({"metadata": {}, "spec": {}})"), object(R"({"metadata": {}})")));
}

TEST(MetadataTest, ConditionsAreAVersionAsTextAndAUid) {
  const auto both = conditions_of(object(R"({"metadata": {"resourceVersion": "7", "uid": "u"}})"));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->version, 7u);
  EXPECT_EQ(both->uid, "u");
  EXPECT_EQ(conditions_of(object("{}"))->version, 0u);
  for (const char* wrong : {"\"\"", "\"0\"", "\"x\"", "\"7 \"", "7", "null", "\"18446744073709551616\""})
    EXPECT_FALSE(conditions_of(object((std::string(R"({"metadata": {"resourceVersion": )") + wrong + "}}").c_str())))
        << wrong;
}

}  // namespace
