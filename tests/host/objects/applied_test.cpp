// What applying a file does to an object, as on a cluster.
#include "host/objects/applied.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace stoker::host {
namespace {

namespace json = boost::json;

class AppliedTest : public ::testing::Test {
 protected:
  static constexpr const char* file = "/etc/stoker/syncs/a.yaml";
  static std::string written(const std::string& spec, const std::string& labels = "{}") {
    return R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync","metadata":{"name":"a","labels":)" + labels +
           R"(},"spec":)" + spec + "}";
  }
  // The object after it was applied for the first time.
  static std::string applied(const std::string& spec) { return applied_document(written(spec), file); }
  // What others wrote into it.
  static std::string changed(const std::string& live, const std::string& patch) { return merged(live, patch); }
  static json::value at(const std::string& document, const char* pointer) {
    boost::system::error_code none;
    const json::value whole = json::parse(document);
    const json::value* found = whole.find_pointer(pointer, none);
    return found ? *found : json::value("nothing");
  }
};

TEST_F(AppliedTest, ANewObjectIsWhatTheFileSaysAndRemembersIt) {
  const std::string document = applied(R"({"paused":false})");
  EXPECT_EQ(at(document, "/spec/paused"), json::value(false));
  EXPECT_EQ(at(document, "/metadata/annotations/stoker.io~1applied-from"), json::value(file));
}

TEST_F(AppliedTest, WhatWasAppliedAlreadyLeavesWhatOthersWrote) {
  const std::string live = changed(applied(R"({"paused":false})"), R"({"spec":{"paused":true}})");
  EXPECT_EQ(applied_patch(live, written(R"({"paused":false})"), file, false), "");
  EXPECT_EQ(at(merged(live, applied_patch(live, written(R"({"paused":false})"), file, true)), "/spec/paused"),
            json::value(false))
      << "a command takes it back";
}

TEST_F(AppliedTest, AChangedFileKeepsWhatItNeverSaid) {
  const std::string live = changed(applied(R"({"git":{"ref":"v1"}})"),
                                   R"({"spec":{"paused":true},"metadata":{"annotations":{"stoker.io/retry":"x"}}})");
  const std::string next = merged(live, applied_patch(live, written(R"({"git":{"ref":"v2"}})"), file, false));
  EXPECT_EQ(at(next, "/spec/git/ref"), json::value("v2"));
  EXPECT_EQ(at(next, "/spec/paused"), json::value(true));
  EXPECT_EQ(at(next, "/metadata/annotations/stoker.io~1retry"), json::value("x"));
}

TEST_F(AppliedTest, WhatTheFileSaysNoMoreIsTakenOut) {
  const std::string live = applied(R"({"paused":true,"git":{"ref":"v1","lfs":true}})");
  const std::string next = merged(live, applied_patch(live, written(R"({"git":{"ref":"v1"}})"), file, false));
  EXPECT_EQ(at(next, "/spec/paused"), json::value("nothing"));
  EXPECT_EQ(at(next, "/spec/git/lfs"), json::value("nothing"));
  EXPECT_EQ(at(next, "/spec/git/ref"), json::value("v1"));
}

TEST_F(AppliedTest, AnAnnotationThatTheFileSaysNoMoreIsTakenOutAlsoWhereItWasTheLast) {
  const auto file_with = [](const std::string& metadata) {
    return R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync","metadata":{"name":"a")" + metadata +
           R"(},"spec":{"paused":false}})";
  };
  const std::string first = file_with(R"(,"annotations":{"stoker.io/requested-ref":"v1"})");
  const std::string live =
      changed(applied_document(first, file), R"({"metadata":{"annotations":{"stoker.io/retry":"x"}}})");
  const std::string next = merged(live, applied_patch(live, file_with(""), file, false));
  EXPECT_EQ(at(next, "/metadata/annotations/stoker.io~1requested-ref"), json::value("nothing"));
  EXPECT_EQ(at(next, "/metadata/annotations/stoker.io~1retry"), json::value("x")) << "what others wrote stays";
  EXPECT_EQ(applied_patch(next, file_with(""), file, true), "") << "and nothing is left to do";
}

TEST_F(AppliedTest, AListIsReplacedAsAWhole) {
  const std::string live = applied(R"({"mappings":[{"source":"a"},{"source":"b"}]})");
  const std::string next = merged(live, applied_patch(live, written(R"({"mappings":[{"source":"c"}]})"), file, false));
  EXPECT_EQ(at(next, "/spec/mappings"), json::parse(R"([{"source":"c"}])"));
}

TEST_F(AppliedTest, AnObjectThatWasMadeInAnotherWayIsTakenOver) {
  const std::string live = written(R"({"git":{"ref":"v1"},"paused":true})");
  const std::string next = merged(live, applied_patch(live, written(R"({"git":{"ref":"v1"}})"), file, false));
  EXPECT_EQ(at(next, "/spec/paused"), json::value(true)) << "nobody knows that the file said so once";
  EXPECT_EQ(at(next, "/metadata/annotations/stoker.io~1applied-from"), json::value(file));
}

TEST_F(AppliedTest, AFileThatMovedIsTheObjectsFileFromThenOn) {
  const std::string live = applied(R"({"paused":true})");
  const std::string patch = applied_patch(live, written(R"({"paused":true})"), "/etc/stoker/syncs/b.yaml", false);
  EXPECT_EQ(at(merged(live, patch), "/metadata/annotations/stoker.io~1applied-from"),
            json::value("/etc/stoker/syncs/b.yaml"));
  EXPECT_EQ(at(merged(live, patch), "/spec/paused"), json::value(true));
}

}  // namespace
}  // namespace stoker::host
