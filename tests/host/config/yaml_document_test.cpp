// YAML with places.
#include "host/config/yaml_document.hpp"
#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace stoker::host {
namespace {

namespace json = boost::json;

json::value only(std::string_view text) {
  YamlFile file = parse_yaml(text, "a.yaml");
  EXPECT_EQ(file.errors.text(), "");
  return file.documents.empty() ? json::value() : file.documents[0].value();
}

TEST(YamlDocumentTest, ScalarsAreTypedAsTheCoreSchemaSays) {
  EXPECT_EQ(
      only("{a: 1, b: 1.5, c: true, d: ~, e: x, f: 0x10, g: 0o17, h: -3, i: yes, j: 1.2.3, k: .inf, l: 1e3}"),
      json::parse(
          R"({"a":1,"b":1.5,"c":true,"d":null,"e":"x","f":16,"g":15,"h":-3,"i":"yes","j":"1.2.3","k":".inf","l":1000.0})"));
}

TEST(YamlDocumentTest, QuotedScalarsAreText) {
  EXPECT_EQ(only("{a: '1', b: \"true\", c: ''}"), json::parse(R"({"a":"1","b":"true","c":""})"));
}

TEST(YamlDocumentTest, EveryValueKnowsItsPlace) {
  const YamlFile file = parse_yaml("a: 1\nb:\n  - x\n  - c/d: 2\n", "a.yaml");
  EXPECT_EQ(file.documents[0].place("/a"), (Place{"a.yaml", 1, 4}));
  EXPECT_EQ(file.documents[0].place("/b/0"), (Place{"a.yaml", 3, 5}));
  EXPECT_EQ(file.documents[0].place("/b/1/c~1d"), (Place{"a.yaml", 4, 10}));
  EXPECT_EQ(file.documents[0].key_place("/b/1/c~1d"), (Place{"a.yaml", 4, 5}));
}

TEST(YamlDocumentTest, AMissingValueStandsWhereItsParentDoes) {
  const YamlFile file = parse_yaml("a:\n  b: 1\n", "a.yaml");
  EXPECT_EQ(file.documents[0].place("/a/c/d"), (Place{"a.yaml", 1, 1}));
}

TEST(YamlDocumentTest, EveryDuplicateKeyIsAnError) {
  const YamlFile file = parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 3\n", "a.yaml");
  ASSERT_EQ(file.errors.size(), 2u);
  EXPECT_EQ(file.errors[0].text(), "a.yaml:2:11: /b/c: expected each key once, got the same key again");
  EXPECT_EQ(file.errors[1].text(), "a.yaml:3:1: /a: expected each key once, got the same key again");
}

// cases C15
TEST(YamlDocumentTest, AMergeKeyBringsTheFieldsThatTheMapDoesNotHave) {
  const YamlFile file = parse_yaml(
      "x: &x {a: 1, b: 1}\ny: &y {<<: *x, b: 2, c: 2}\none: {c: 3, <<: *y}\nlist: {<<: [*x, *y]}\nquoted: {\"<<\": "
      "1}\n",
      "f");
  EXPECT_TRUE(file.errors.empty()) << file.errors.text();
  const json::object& whole = file.documents.at(0).value().as_object();
  EXPECT_EQ(whole.at("one"), (json::value{{"c", 3}, {"b", 2}, {"a", 1}}));
  EXPECT_EQ(whole.at("list"), (json::value{{"a", 1}, {"b", 1}, {"c", 2}}));
  EXPECT_EQ(whole.at("quoted"), (json::value{{"<<", 1}}));
}

// cases C15
TEST(YamlDocumentTest, AMergeKeyWantsAMapAndStandsOnce) {
  EXPECT_EQ(parse_yaml("a: {<<: 1}\n", "f").errors.text(),
            "f:1:1: /a: expected a map or a list of maps behind <<, got another kind of value\n");
  EXPECT_FALSE(parse_yaml("x: &x {a: 1}\nb: {<<: *x, <<: *x}\n", "f").errors.empty());
}

// cases C15
TEST(YamlDocumentTest, ALaughOfMergeKeysIsRefused) {
  std::string text = "m0: &m0 {a: 1}\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*m" + std::to_string(i - 1);
    text += "m" + std::to_string(i) + ": &m" + std::to_string(i) + " {<<: [" + before;
    for (int k = 1; k < 10; ++k) text += ", " + before;
    text += "]}\n";
  }
  EXPECT_FALSE(parse_yaml(text, "f").errors.empty());
}

TEST(YamlDocumentTest, BadYamlSaysWhere) {
  const YamlFile file = parse_yaml("a: [1\nb: 2\n", "a.yaml");
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_GT(file.errors[0].place.line, 0);
}

TEST(YamlDocumentTest, ALaughOfAliasesIsRefused) {
  std::string text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) text += ", " + before;
    text += "]\n";
  }
  EXPECT_EQ(parse_yaml(text, "a.yaml").errors.size(), 1u);
}

TEST(YamlDocumentTest, DepthIsBounded) {
  EXPECT_EQ(parse_yaml(std::string(100, '[') + std::string(100, ']'), "a.yaml").errors.size(), 1u);
  EXPECT_EQ(parse_yaml(std::string(200'000, '['), "a.yaml").errors.size(), 1u);
}

TEST(YamlDocumentTest, ADocumentThatComesBackForEverIsRefused) {
  EXPECT_EQ(parse_yaml("!!/a,. \n b", "a.yaml").errors.size(), 1u);
}

TEST(YamlDocumentTest, WhatAliasesExpandToIsBoundedInBytes) {
  const std::string key(3000, 'k');
  std::string text = "a: &a {" + key + "1: *a, " + key + "2: *a}\n";  // a map that holds itself twice
  EXPECT_EQ(parse_yaml(text, "a.yaml").errors.size(), 1u);
  text = "a: &a " + std::string(1 << 20, 'x') + "\nb: [*a";
  for (int i = 0; i < 100; ++i) text += ", *a";
  EXPECT_EQ(parse_yaml(text + "]\n", "a.yaml").errors.size(), 1u);
}

TEST(YamlDocumentTest, BytesThatAreNoTextAreRefused) {
  for (const std::string_view bytes :
       {std::string_view("a: \xff\xfe\n"), std::string_view("a: b\0\n", 6), std::string_view("a: \xed\xa0\x80\n"),
        std::string_view("\xff\xfe"
                         "a\0",
                         4)})
    EXPECT_EQ(parse_yaml(bytes, "a.yaml").errors.size(), 1u) << bytes;
  EXPECT_TRUE(parse_yaml("a: \xc3\xa9\n", "a.yaml").errors.empty());
}

TEST(YamlDocumentTest, SizeIsBounded) {
  EXPECT_EQ(parse_yaml(std::string((4u << 20) + 1, ' '), "a.yaml").errors.size(), 1u);
}

TEST(YamlDocumentTest, ErrorsPastTheBoundAreCounted) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "a: 1\n";
  const ConfigErrors errors = parse_yaml(text, "a.yaml").errors;
  EXPECT_EQ(errors.size(), config_errors_max);
  EXPECT_TRUE(errors.text().ends_with("and 9 more\n"));
}

}  // namespace
}  // namespace stoker::host
