#include "host/api/object_path.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

TEST(ObjectPathTest, WhatIsWrittenIsReadAgain) {
  const Kind& syncs = *kind_named("gs");
  const std::string target = target_of(ObjectPath(syncs, "default", "line-a"), {{"labelSelector", "a=b,c in (d)"}});
  EXPECT_EQ(target.substr(0, target.find('?')), "/apis/stoker.io/v1alpha1/namespaces/default/gatewaysyncs/line-a");
  const auto read = request_target(target);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->path.kind, &syncs);
  EXPECT_EQ(read->path.name_space, "default");
  EXPECT_EQ(read->path.name, "line-a");
  EXPECT_EQ(read->parameters.at("labelSelector"), "a=b,c in (d)");
}

TEST(ObjectPathTest, ANameCannotLeaveItsPlace) {
  const Kind& syncs = *kind_named("gs");
  const auto read = request_target(target_of(ObjectPath(syncs, "default", "../../x/status")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->path.name, "../../x/status");
  EXPECT_EQ(read->path.subresource, "");
}

TEST(ObjectPathTest, EventsHaveNoGroup) {
  EXPECT_EQ(target_of(ObjectPath(*kind_named("events"), "")), "/api/v1/events");
  EXPECT_EQ(request_target("/api/v1/namespaces/a/events")->path.kind, kind_named("events"));
  EXPECT_EQ(request_target("/apis/v1/namespaces/a/events")->path.kind, nullptr);
}

TEST(ObjectPathTest, NonsenseIsRefused) {
  EXPECT_EQ(request_target("no path").error().code, "api.bad-request");
  EXPECT_EQ(request_target("/%zz").error().code, "api.bad-request");
}

}  // namespace
}  // namespace stoker::host
