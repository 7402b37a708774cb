// Templates: what is refused and how it is said, limits, and which values a rendering read. What is rendered is in
// template_table_test.cpp.
#include "plugins/strategy-merge/template/template.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace stoker::merge::templates {
namespace {

class TemplateTest : public ::testing::Test {
 protected:
  Result<Rendered> render(const std::string& text, const Budget& budget = {}) {
    auto parsed = Template::parse(text, "conf/tags.json");
    if (!parsed) return parsed.error();
    return parsed->render(values(), budget);
  }
  std::string bytes(const std::string& text) {
    auto made = render(text);
    return made ? made->bytes : "failed: " + made.error().message;
  }
  std::string message(const std::string& text) {
    auto made = render(text);
    return made ? "no error, but '" + made->bytes + "'" : made.error().message;
  }
  std::string code(const std::string& text, const Budget& budget = {}) {
    auto made = render(text, budget);
    return made ? "none" : made.error().code;
  }
  Uses uses(const std::string& text) {
    auto made = render(text);
    return made ? made->uses : Uses{made.error().message};
  }
  Values values() const { return {"press-1", "pod-0", "prod", "line-a", "main", "0123456789", 3, &labels_, &vars_}; }
  Texts labels_{{"zone", "z1"}, {"app.kubernetes.io/name", "gw"}};
  Texts vars_{{"line", "a"}, {"speed", "12"}};
};

// ---- text

TEST_F(TemplateTest, TextWithoutAnActionPassesByteForByte) {
  std::string text = "\xff\xfe { } }} {\r\n\t$x \x01";
  text += '\0';
  EXPECT_EQ(bytes(text), text);
}

TEST_F(TemplateTest, NothingOfAValueIsEscapedAndNoLineEndChanges) {
  vars_["line"] = "<&'\"\r\n\xff{{.Vars.speed}}";
  EXPECT_EQ(bytes("a\r\n{{.Vars.line}}\r\n"), "a\r\n" + vars_["line"] + "\r\n");
}

TEST_F(TemplateTest, RawBytesInQuotationMarksBecomeTheReplacementAndInBackQuotesStay) {
  EXPECT_EQ(bytes("{{\"a\xff\"}}"), "a\xEF\xBF\xBD");
  EXPECT_EQ(bytes("{{`a\xff`}}"), "a\xff");
}

// ---- the place and the name of what is wrong

TEST_F(TemplateTest, AnErrorNamesFileLineAndColumn) {
  EXPECT_EQ(message("{\n  \"größe\": {{.Vars.area}}\n}"),
            "conf/tags.json:2:14: .Vars.area: there is no 'area' in .Vars; set it, or write {{index .Vars \"area\"}}, "
            "which is empty without it");
  EXPECT_TRUE(message("a\n\n  {{ if }}{{end}}").starts_with("conf/tags.json:3:9: "))
      << message("a\n\n  {{ if }}{{end}}");
}

TEST_F(TemplateTest, AMissingKeyIsAnErrorAlsoInACondition) {
  EXPECT_EQ(code("{{if .Vars.area}}a{{end}}"), "merge.missing-value");
  EXPECT_EQ(code("{{with .Labels.area}}a{{end}}"), "merge.missing-value");
  EXPECT_EQ(code("{{if and true .Vars.area}}a{{end}}"), "merge.missing-value");
  EXPECT_EQ(bytes("[{{index .Vars \"area\"}}]"), "[]");
}

TEST_F(TemplateTest, AnUnknownValueIsNamedWithThoseThatThereAre) {
  EXPECT_NE(message("{{.Gateway}}").find("'Gateway'; there are GatewayName, PodName"), std::string::npos);
}

TEST_F(TemplateTest, ALabelWithADotOrADashIsReadWithIndex) {
  EXPECT_NE(message("{{.Labels.my-label}}").find("{{index .Labels \"my-key\"}}"), std::string::npos);
  EXPECT_EQ(code("{{.Labels.app.kubernetes.io}}"), "merge.missing-value");
  EXPECT_EQ(bytes("{{index .Labels \"app.kubernetes.io/name\"}}"), "gw");
}

TEST_F(TemplateTest, AFunctionThatDoesNotExistIsNamed) {
  EXPECT_EQ(message("{{.Vars.line | default \"x\"}}"), "conf/tags.json:1:16: function \"default\" not defined");
  EXPECT_EQ(code("{{if false}}{{lower .Vars.line}}{{end}}"), "merge.bad-template");
}

class RefusedConstructTest : public TemplateTest, public ::testing::WithParamInterface<const char*> {};
TEST_P(RefusedConstructTest, IsRefusedByName) {
  const std::string word = GetParam();
  const std::string said = message("a{{" + word + " \"x\" .}}b{{end}}");
  EXPECT_NE(said.find(word), std::string::npos) << said;
  EXPECT_NE(said.find("not available"), std::string::npos) << said;
  EXPECT_TRUE(said.starts_with("conf/tags.json:1:4: ")) << said;
}
INSTANTIATE_TEST_SUITE_P(All, RefusedConstructTest,
                         ::testing::Values("define", "template", "block", "call", "html", "js", "urlquery"));

TEST_F(TemplateTest, AWholeMapIsNotPrinted) {
  for (const char* text : {"{{.Vars}}", "{{.Labels | print}}", "{{printf \"%v\" .Vars}}", "{{println .}}", "{{.}}",
                           "{{$}}", "{{or .Vars 1}}"})
    EXPECT_NE(message(text).find("whole"), std::string::npos) << message(text);
}

TEST_F(TemplateTest, ANumberWithAFractionIsRefused) {
  for (const char* text : {"{{1.5}}", "{{.5}}", "{{1e3}}", "{{0x1p4}}", "{{1i}}"})
    EXPECT_NE(message(text).find("whole"), std::string::npos) << message(text);
}

TEST_F(TemplateTest, OnlyMapsAreGoneOver) {
  EXPECT_NE(message("{{range 3}}{{end}}").find("over .Vars or .Labels, and not over int"), std::string::npos);
}

TEST_F(TemplateTest, AFileWithANulByteIsNoTemplate) {
  std::string text(100, 'x');
  text += '\n';
  text += '\0';
  const auto made = render_content(text, "conf/logo.png", values());
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().message.starts_with("conf/logo.png:2:1: a NUL byte")) << made.error().message;
  EXPECT_EQ(render_content("{{.PodOrdinal}}", "x", values())->bytes, "3");
}

TEST_F(TemplateTest, AShortTextIsNamedByItsPlaceInTheAssignment) {
  EXPECT_EQ(render_short("config/{{.Vars.line}}", "/profile/mappings/0/source", values())->bytes, "config/a");
  const auto failed = render_short("{{.Vars.x}}", "/profile/mappings/0/source", values());
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().message.starts_with("/profile/mappings/0/source:1:3: ")) << failed.error().message;
}

// ---- limits

TEST_F(TemplateTest, ATemplateEndsAfterItsSteps) {  // P09
  for (int i = 0; i < 100; ++i) vars_["key" + std::to_string(i)] = "v";
  std::string text;
  for (int i = 0; i < 12; ++i) text += "{{range $.Vars}}";
  for (int i = 0; i < 12; ++i) text += "{{end}}";
  EXPECT_EQ(code(text), "merge.template-limit");
  EXPECT_NE(message(text).find("10000000 steps"), std::string::npos) << message(text);
}

TEST_F(TemplateTest, AnOutputEndsAtItsLimit) {  // P09
  vars_["line"] = std::string(64u << 10, 'x');
  std::string text;
  for (int i = 0; i < 300; ++i) text += "{{.Vars.line}}";
  EXPECT_NE(message(text).find("16777216 bytes"), std::string::npos);
  Budget small;
  small.output_bytes = 3;
  EXPECT_EQ(code("{{1}}{{2}}{{3}}", small), "none");
  EXPECT_EQ(code("{{1}}{{2}}{{3}}x", small), "merge.template-limit");
}

TEST_F(TemplateTest, WhatFunctionsMakeHasALimitEvenWhenItIsNotPrinted) {  // P09
  std::string text = "{{$x := \"xxxxxxxxxxxxxxxx\"}}";
  for (int i = 0; i < 40; ++i) text += "{{$x = print $x $x}}";
  EXPECT_EQ(code(text), "merge.template-limit");
  EXPECT_EQ(code("{{$x := printf \"%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d%999999d"
                 "%999999d%999999d%999999d%999999d%999999d%999999d%999999d\" 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1}}"),
            "merge.template-limit");
}

TEST_F(TemplateTest, BlocksAndParenthesesLieWithinEachOtherOnlySoDeep) {  // P09
  const auto nested = [](std::size_t count, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += open;
    text += close == ")" ? "1" : "x";
    for (std::size_t i = 0; i < count; ++i) text += close;
    return close == ")" ? "{{" + text + "}}" : text;
  };
  EXPECT_EQ(bytes(nested(depth_max, "{{if true}}", "{{end}}")), "x");
  EXPECT_EQ(bytes(nested(depth_max, "(", ")")), "1");
  EXPECT_EQ(code(nested(depth_max + 1, "{{if true}}", "{{end}}")), "merge.template-limit");
  EXPECT_EQ(code(nested(depth_max + 1, "(", ")")), "merge.template-limit");
  EXPECT_EQ(code(nested(9000, "(", ")")), "merge.template-limit");
  std::string chain = "{{if false}}";
  for (int i = 0; i < 50'000; ++i) chain += "{{else if false}}";
  EXPECT_EQ(code(chain + "{{end}}"), "merge.template-limit");
}

TEST_F(TemplateTest, ATemplateHasOnlySoManyActionsAndAnActionSoManyWords) {  // P09
  std::string text;
  for (std::size_t i = 0; i <= actions_max; ++i) text += "{{1}}";
  EXPECT_EQ(code(text), "merge.template-limit");
  std::string words = "{{print";
  for (std::size_t i = 0; i < action_tokens_max; ++i) words += " 1";
  EXPECT_EQ(code(words + "}}"), "merge.template-limit");
  EXPECT_EQ(code(std::string(source_bytes_max + 1, 'x')), "merge.template-limit");
}

// ---- the same values give the same bytes, and which values count

TEST(RenderTest, SameInputsSameBytes) {  // P09
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < 20; ++i) entries.emplace_back("key" + std::to_string(i), std::to_string(i));
  std::mt19937 draw(9);
  auto parsed = Template::parse("{{range $k, $v := .Vars}}{{$k}}={{$v}};{{end}}", "t");
  ASSERT_TRUE(parsed);
  Uses first_uses;
  std::string first;
  for (int i = 0; i < 1000; ++i) {
    std::shuffle(entries.begin(), entries.end(), draw);
    const Texts vars(entries.begin(), entries.end());
    Values values;
    values.vars = &vars;
    auto made = parsed->render(values);
    ASSERT_TRUE(made);
    if (i == 0) first = made->bytes, first_uses = made->uses;
    ASSERT_EQ(made->bytes, first);
    ASSERT_EQ(made->uses, first_uses);
  }
  EXPECT_TRUE(first.starts_with("key0=0;key1=1;key10=10;")) << first;
}

TEST_F(TemplateTest, ARenderingSaysWhichValuesItRead) {
  EXPECT_EQ(uses("no action"), Uses());
  EXPECT_EQ(uses("{{.GatewayName}}{{.Vars.line}}"), (Uses{"GatewayName", "Vars.line"}));
  EXPECT_EQ(uses("{{index .Labels \"app.kubernetes.io/name\"}}"), Uses{"Labels.app.kubernetes.io/name"});
  EXPECT_EQ(uses("{{with .Vars.line}}{{$.PodOrdinal}}{{end}}"), (Uses{"Vars.line", "PodOrdinal"}));
  EXPECT_EQ(uses("{{$v := .Vars}}{{$v.speed}}"), Uses{"Vars.speed"});
}

TEST_F(TemplateTest, AKeyThatIsAskedForAndNotThereCountsAsRead) {
  EXPECT_EQ(uses("{{index .Vars \"area\"}}"), Uses{"Vars.area"});
}

TEST_F(TemplateTest, AMapCountsAsAWholeWhenItsKeysOrItsSizeDecide) {
  for (const char* text :
       {"{{range .Vars}}{{end}}", "{{len .Vars}}", "{{if .Vars}}{{end}}", "{{not .Vars}}", "{{or .Vars 1 | len}}"})
    EXPECT_EQ(uses(text), Uses{"Vars.*"}) << text;
}

TEST_F(TemplateTest, ABranchThatIsNotTakenCountsOnlyByItsCondition) {
  EXPECT_EQ(uses("{{if eq .PodOrdinal 0}}{{.Vars.line}}{{else}}{{.Vars.speed}}{{end}}"),
            (Uses{"PodOrdinal", "Vars.speed"}));
  EXPECT_EQ(uses("{{if or .PodOrdinal .Vars.line}}{{end}}"), Uses{"PodOrdinal"});
}

}  // namespace
}  // namespace stoker::merge::templates
