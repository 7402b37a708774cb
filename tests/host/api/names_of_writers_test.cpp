#include "host/api/names_of_writers.hpp"

#include <boost/json.hpp>

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

namespace json = boost::json;

std::string put(const char* sent, const char* stored = "{}") {
  json::object document = json::parse(sent).as_object();
  put_writer(document, "ann", json::parse(stored).as_object());
  return json::serialize(document);
}

TEST(NamesOfWritersTest, EachNameIsThatOfTheUser) {
  EXPECT_EQ(put(R"({"metadata":{"annotations":{"stoker.io/paused-by":"eve","stoker.io/requested-by":7}}})"),
            R"({"metadata":{"annotations":{"stoker.io/paused-by":"ann","stoker.io/requested-by":"ann"}}})");
}

TEST(NamesOfWritersTest, OthersAndRemovalsStay) {
  for (const char* same :
       {R"({"metadata":{"annotations":{"stoker.io/paused-because":"eve","acme.io/paused-by":"eve"}}})",
        R"({"metadata":{"annotations":{"stoker.io/paused-by":null}}})", R"({"metadata":{"annotations":7}})",
        R"({"metadata":7})", "{}"})
    EXPECT_EQ(put(same), same);
}

TEST(NamesOfWritersTest, WhatNobodyChangesKeepsItsName) {
  const char* by_eve = R"({"metadata":{"annotations":{"stoker.io/paused-by":"eve"}}})";
  EXPECT_EQ(put(by_eve, by_eve), by_eve);
}

}  // namespace
}  // namespace stoker::host
