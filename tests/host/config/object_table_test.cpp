// The table of good and bad objects in tests/data/objects against the check of this host. The same table is for an API
// server that has the definitions of charts/stoker/crds.
#include "host/config/kinds.hpp"
#include "host/config/yaml_document.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <filesystem>

namespace stoker::host {
namespace {

namespace json = boost::json;

struct Row {
  std::string resource, name, wrong;
  std::string before, document;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.resource << ", " << row.name; }
};

json::value merged(json::value value, const json::value& patch) {
  if (!patch.is_object()) return patch;
  if (!value.is_object()) value = json::object();
  for (const auto& [key, below] : patch.get_object()) {
    if (below.is_null())
      value.get_object().erase(key);
    else
      value.get_object()[key] = merged(value.get_object()[key], below);
  }
  return value;
}

std::string text_in(const json::object& row, const char* key) {
  const json::value* found = row.if_contains(key);
  return found ? std::string(found->as_string()) : std::string();
}

std::vector<Row> rows() {
  std::vector<Row> all;
  for (const char* file : {"gatewaysyncs", "synctargets", "syncapprovals", "events"}) {
    const YamlFile table =
        load_yaml(std::filesystem::path(STOKER_TEST_DATA) / "objects" / (std::string(file) + ".yaml"));
    if (!table.errors.empty()) throw std::runtime_error(table.errors.text());
    const json::object& whole = table.documents.at(0).value().as_object();
    for (const json::value& any : whole.at("rows").as_array()) {
      const json::object& row = any.as_object();
      const json::value* before = row.if_contains("before");
      all.push_back({std::string(whole.at("resource").as_string()), text_in(row, "name"), text_in(row, "wrong"),
                     before ? json::serialize(merged(whole.at("base"), *before)) : "",
                     json::serialize(merged(whole.at("base"), row.at("patch")))});
    }
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<Row>& row) {
  std::string name = row.param.resource.substr(0, row.param.resource.find('.')) + "_" + row.param.name;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

class ObjectTableTest : public testing::TestWithParam<Row> {};
TEST_P(ObjectTableTest, IsTakenOrRefusedAsItSays) {
  const Row& row = GetParam();
  const auto checked = check_object(row.resource, row.before, row.document);
  EXPECT_EQ(checked.has_value(), row.wrong.empty()) << (checked ? "" : checked.error().message);
  if (checked || row.wrong.empty()) return;
  EXPECT_EQ(checked.error().message.find("hunter2"), std::string::npos) << "a secret is shown";
  EXPECT_EQ(json::parse(checked.error().detail).at_pointer("/0/pointer"), json::value(row.wrong))
      << checked.error().message;
}
INSTANTIATE_TEST_SUITE_P(Rows, ObjectTableTest, testing::ValuesIn(rows()), name_of);

TEST(ObjectTableTest, WhatIsTakenIsTakenAgainWithItsDefaults) {
  for (const Row& row : rows()) {
    if (!row.wrong.empty()) continue;
    const auto once = check_object(row.resource, row.before, row.document);
    ASSERT_TRUE(once) << row.name;
    EXPECT_EQ(check_object(row.resource, *once, *once).value_or("refused"), *once) << row.name;
  }
}

}  // namespace
}  // namespace stoker::host
