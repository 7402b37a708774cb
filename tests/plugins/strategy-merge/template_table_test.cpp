// A table of templates, good and bad, with what Go's text/template makes of them (tests/data/templates/README.md).
#include "plugins/strategy-merge/template/template.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <fstream>

namespace stoker::merge::templates {
namespace {

namespace json = boost::json;

struct Row {
  std::string text;
  std::optional<std::string> output;
};

std::vector<Row> table() {
  std::ifstream file(STOKER_TEST_DATA "/templates/go.jsonl");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    const json::array pair = json::parse(line).as_array();
    Row row{std::string(pair.at(0).as_string()), std::nullopt};
    if (pair.at(1).is_string()) row.output = std::string(pair.at(1).as_string());
    rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<std::string> made_of(const std::string& text) {
  static const Texts labels{{"zone", "z1"}, {"app.kubernetes.io/name", "gw"}, {"my-label", "dashed"}};
  static const Texts vars{{"line", "a"}, {"empty", ""}, {"speed", "12"}, {"uni", "größe"}, {"site_2", "b\"q"}};
  const Values values{"press-1", "pod-0",           "prod",
                      "line-a",  "refs/heads/main", "0123456789abcdef0123456789abcdef01234567",
                      3,         &labels,           &vars};
  auto parsed = Template::parse(text, "t");
  if (!parsed) return std::nullopt;
  auto rendered = parsed->render(values);
  if (!rendered) return std::nullopt;
  return std::move(rendered->bytes);
}

TEST(TemplateTableTest, EveryTemplateMakesWhatGoMakesOfIt) {
  const std::vector<Row> rows = table();
  ASSERT_GT(rows.size(), 2000u);
  for (const Row& row : rows) {
    const auto made = made_of(row.text);
    EXPECT_EQ(made, row.output) << row.text;
  }
}

}  // namespace
}  // namespace stoker::merge::templates
