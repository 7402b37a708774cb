// Files that are committed and made from the schemas: they are current, and the page's example is right.
#include "host/config/crd.hpp"
#include "host/config/field_table.hpp"
#include "host/config/gateway_sync.hpp"
#include "host/config/object_schemas.hpp"
#include "host/config/yaml_text.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <filesystem>
#include <fstream>

namespace stoker::host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* renew = "not current; ./run generate makes it anew";

std::string text_of(const fs::path& file) {
  std::ifstream in(fs::path(STOKER_SOURCE_DIR) / file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::string example() {
  const std::string page = text_of("docs/gatewaysync.md");
  const std::size_t begin = page.find("```yaml\n") + 8;
  return page.substr(begin, page.find("```\n", begin) - begin);
}

class CrdFileTest : public testing::TestWithParam<std::string> {};
TEST_P(CrdFileTest, IsCurrent) {
  EXPECT_EQ(text_of("charts/stoker/crds/" + GetParam() + ".yaml"), crd_of(*kind_named(GetParam()))) << renew;
}
INSTANTIATE_TEST_SUITE_P(Kinds, CrdFileTest, testing::Values("gatewaysyncs", "synctargets", "syncapprovals"));

TEST(GatewaySyncPageTest, ItsTablesAreCurrent) {
  const std::string page = text_of("docs/gatewaysync.md"), mark = "<!-- made by ./run generate -->\n";
  ASSERT_NE(page.find(mark), page.npos);
  EXPECT_EQ(page.substr(page.find(mark) + mark.size()), field_table(*kind_named("gs"))) << renew;
}

TEST(GatewaySyncPageTest, ItsExampleIsRight) {
  const YamlFile file = parse_yaml(example(), "page");
  ASSERT_EQ(file.documents.size(), 1u) << file.errors.text();
  ConfigErrors errors;
  EXPECT_TRUE(read_gateway_sync(file.documents[0], errors)) << errors.text();
  EXPECT_TRUE(check_object("gatewaysyncs.stoker.io", "", json::serialize(file.documents[0].value())));
}

TEST(CrdTest, IsYamlThatSaysWhatTheClusterNeeds) {
  const YamlFile file = parse_yaml(crd_of(*kind_named("st")), "crd");
  ASSERT_EQ(file.documents.size(), 1u) << file.errors.text();
  const json::value& version = file.documents[0].value().at_pointer("/spec/versions/0");
  EXPECT_EQ(version.at_pointer("/selectableFields/0/jsonPath"), json::value(".spec.sync"));
  EXPECT_TRUE(version.at_pointer("/subresources/status").is_object());
  const json::value& schema = version.at_pointer("/schema/openAPIV3Schema/properties");
  EXPECT_EQ(schema.at_pointer("/spec/properties/token/x-kubernetes-validations/0/rule"),
            json::value("self >= oldSelf"));
  EXPECT_EQ(schema.at_pointer("/status/properties/facts/x-kubernetes-preserve-unknown-fields"), json::value(true));
  EXPECT_EQ(schema.at_pointer("/status/properties/conditions/x-kubernetes-list-type"), json::value("map"));
  EXPECT_FALSE(schema.at_pointer("/spec").as_object().contains("x-kubernetes-preserve-unknown-fields"));
}

// A cluster repeats a text that breaks a rule of its own.
TEST(CrdTest, ATextThatMayBeASecretHasNoRuleOfItsOwn) {
  const YamlFile file = parse_yaml(crd_of(*kind_named("gs")), "crd");
  const json::value& git =
      file.documents.at(0).value().at_pointer("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/git");
  const json::value& reference = git.at_pointer("/properties/auth/properties/token/properties/secretRef");
  EXPECT_EQ(reference.at_pointer("/properties/name"),
            (json::value{{"description", "Name of the secret."}, {"type", "string"}, {"maxLength", 64}}));
  EXPECT_EQ(reference.at("x-kubernetes-validations").as_array().size(), 2u);
  EXPECT_FALSE(git.at_pointer("/properties/repo").as_object().contains("x-kubernetes-validations"));
  EXPECT_NE(json::serialize(git.at("x-kubernetes-validations")).find("self.repo.matches"), std::string::npos);
}

TEST(CrdTest, FieldsOfLaterVersionsAreRefusedAndNotDropped) {
  const std::string crd = crd_of(*kind_named("gs"));
  std::string missing;
  for (const LaterField& field : later_fields()) {
    const std::string name(field.pointer.substr(field.pointer.rfind('/') + 1));
    const bool in_a_map = field.pointer.find('*') != field.pointer.npos;  // there a rule would cost too much
    const std::string said = in_a_map ? name + ":\n" : "\"!has(self." + name + ")\"";
    if (field.pointer.starts_with("/spec/") && crd.find(said) == crd.npos) missing += std::string(field.pointer) + " ";
  }
  EXPECT_EQ(missing, "");
}

TEST(EditorSchemaTest, HasNoKeywordOfOurOwn) {
  for (const Kind& kind : kinds()) {
    const std::string schema = editor_schema(kind.singular);
    EXPECT_EQ(json::parse(schema).at("$schema"), json::value("https://json-schema.org/draft/2020-12/schema"));
    EXPECT_EQ(schema.find("x-stoker-secret"), std::string::npos) << kind.kind;
  }
}

TEST(YamlTextTest, IsReadAsTheSameValue) {
  const json::value value = json::parse(
      R"({"a":["yes","no","1","1.5","","- x"," a","a ","a: b","#c","é\n\"\\",null,true,2,-3,0.5,[],{}],"on":{"b":[[1,[2]],{"c":{"d":"e"}}]},"~":"f"})");
  const YamlFile file = parse_yaml(yaml_text(value), "text");
  ASSERT_EQ(file.documents.size(), 1u) << file.errors.text() << yaml_text(value);
  EXPECT_EQ(file.documents[0].value(), value) << yaml_text(value);
}

}  // namespace
}  // namespace stoker::host
