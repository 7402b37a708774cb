// Which patches apply to which file, in which order, and a tree of files that are normalised.
#include "plugins/strategy-merge/patch/patch_rules.hpp"
#include "plugins/strategy-merge/patch/written_patches.hpp"

#include <gtest/gtest.h>

namespace stoker::merge {
namespace {

using Chosen = std::vector<std::size_t>;

const std::map<std::string, std::string> filled{{"{{.GatewayName}}", "press-1"},
                                                {"{{ .GatewayName }}", "press-1"},
                                                {"{{ .Vars.dbHost }}", "10.0.0.1"},
                                                {"{{ .Vars.dbPort }}", "5432"},
                                                {"{{.Vars.json}}", R"({"b":1, "a":2})"}};

Result<std::string> fill_in(std::string_view written) {
  std::string text(written);
  for (const auto& [placeholder, value] : filled)
    if (const std::size_t at = text.find(placeholder); at != std::string::npos)
      text.replace(at, placeholder.size(), value);
  if (text.find("{{") != std::string::npos)
    return Error(errc::invalid, "there is no value for '" + text + "'", "merge.missing-value");
  return text;
}

Patches of_mapping(const std::vector<WrittenPatch>& written) {
  return Patches::of_mapping(written, "mapping[0].patches", fill_in).value();
}

Error refused(const std::vector<WrittenPatch>& written) {
  return Patches::of_mapping(written, "mapping[0].patches", fill_in).error();
}

std::string bytes(const Patches& patches, std::string text, std::string_view path, std::string_view destination) {
  const FilePatches chosen{{}, patches.chosen(path, destination)};
  auto done = render(std::move(text), chosen, Patches(), patches);
  return done ? done->bytes : done.error().message;
}

TEST(PatchRulesTest, AFileIsAPatternBelowTheDestinationOfItsMapping) {
  const Patches patches = of_mapping({{"system-properties/config.json", {{"a", "1"}}},
                                      {"*.json", {{"a", "2"}}},
                                      {"**/config.json", {{"a", "3"}}},
                                      {"core/system-properties/config.json", {{"a", "4"}}}});
  EXPECT_EQ(patches.chosen("config/core/system-properties/config.json", "config/core"), (Chosen{0, 2}));
  EXPECT_EQ(patches.chosen("config/core/x.json", "config/core"), (Chosen{1}));
  EXPECT_EQ(patches.chosen("config/core/config.json", "config/core"), (Chosen{1, 2}));
  EXPECT_EQ(patches.chosen("core/system-properties/config.json", ""), (Chosen{2, 3}));
}

TEST(PatchRulesTest, ForAMappedFileThePatternIsHeldAgainstItsName) {
  const Patches patches =
      of_mapping({{"config.json", {{"a", "1"}}}, {"*.json", {{"a", "2"}}}, {"core/*.json", {{"a", "3"}}}});
  EXPECT_EQ(patches.chosen("core/config.json", "core/config.json"), (Chosen{0, 1}));
}

TEST(PatchRulesTest, WithoutAFileItIsTheMappedFile) {
  const Patches patches = of_mapping({{"", {{"gatewayVersion", "8.3.1"}}}});
  EXPECT_EQ(patches.chosen("config/.versions.json", "config/.versions.json"), (Chosen{0}));
  EXPECT_EQ(patches.chosen("config/.versions.json", "config"), Chosen{});
  EXPECT_EQ(bytes(patches, "{\"gatewayVersion\": \"\"}\n", "v.json", "v.json"), "{\"gatewayVersion\": \"8.3.1\"}\n");
}

TEST(PatchRulesTest, AnEntryThatAppliesToNothingIsNoted) {
  const Patches patches = of_mapping({{"a.json", {{"a", "1"}}}, {"b.json", {{"a", "1"}}}, {"", {{"a", "1"}}}});
  PatchUse use;
  use.count(patches.chosen("x/a.json", "x"));
  use.count(patches.chosen("x/c.json", "x"));
  EXPECT_EQ(use.notes(patches),
            (std::vector<Note>{{"patch-unused", "", "mapping[0].patches[1]: no file matches 'b.json'"},
                               {"patch-unused", "",
                                "mapping[0].patches[2]: it names no file, and its mapping delivers a folder; say which "
                                "files with file"}}));
}

TEST(PatchRulesTest, EntriesRunInTheOrderOfTheList) {
  EXPECT_EQ(
      bytes(of_mapping({{"*", {{"a", "1"}}}, {"*", {{"a", "2"}, {"b", "3"}}}, {"*", {{"b", "4"}}}}), "{}", "x/f", "x"),
      R"({"a":2,"b":4})");
}

TEST(PatchRulesTest, TheValuesOfOneEntryAreSetInTheOrderOfTheirPaths) {
  EXPECT_EQ(bytes(of_mapping({{"*", {{"z", "1"}, {"b.x", "2"}, {"b", "{}"}, {"a", "3"}}}}), "{}", "x/f", "x"),
            R"({"a":3,"b":{"x":2},"z":1})");
}

TEST(PatchRulesTest, APlaceholderIsFilledInBeforeTheValueIsRead) {
  const Patches patches = of_mapping({{"*",
                                       {{"host", "{{ .Vars.dbHost }}"},
                                        {"json", "{{.Vars.json}}"},
                                        {"port", "{{ .Vars.dbPort }}"},
                                        {"text", R"("{{ .Vars.dbPort }}")"}}}});
  EXPECT_EQ(bytes(patches, "{}", "x/f", "x"), R"({"host":"10.0.0.1","json":{"a":2,"b":1},"port":5432,"text":"5432"})");
}

TEST(PatchRulesTest, PathsAndPatternsHaveNoPlaceholders) {
  const Patches patches = of_mapping({{"{{.GatewayName}}", {{"{{.GatewayName}}", "1"}}}});
  EXPECT_EQ(patches.chosen("x/press-1", "x"), Chosen{});
}

TEST(PatchRulesTest, AFileThatIsNotJsonIsAnErrorOnlyWhereAPatchApplies) {
  const Patches patches = of_mapping({{"*.json", {{"a", "1"}}}});
  EXPECT_EQ(bytes(patches, "text", "x/a.json", "x"), "file is not valid JSON (line 1, column 1: expected a value)");
  EXPECT_EQ(bytes(patches, "text", "x/a.txt", "x"), "text");
}

TEST(PatchRulesTest, AWrongEntryIsAnErrorThatNamesIt) {
  EXPECT_EQ(refused({{"a", {{"a", "1"}}}, {"[a", {{"a", "1"}}}}).message,
            "mapping[0].patches[1]: patch file pattern '[a': '[' is never closed, or nothing is between '[' and ']'");
  EXPECT_EQ(refused({{"/a", {{"a", "1"}}}}).message,
            "mapping[0].patches[0]: patch file pattern '/a': starts with '/'; patterns are relative to the destination "
            "of the mapping");
  EXPECT_EQ(refused({{"a/", {{"a", "1"}}}}).message,
            "mapping[0].patches[0]: 'a/' names a folder; write 'a/**' for all files in it");
  EXPECT_EQ(refused({{"a", {}}}).message, "mapping[0].patches[0]: it sets nothing");
  EXPECT_EQ(refused({{"a", {{"a..b", "1"}}}}).code, "merge.bad-patch");
  EXPECT_EQ(refused({{"a", {{"a.b", "{{.Vars.none}}"}}}}).message,
            "mapping[0].patches[0]: value for 'a.b': there is no value for '{{.Vars.none}}'");
  EXPECT_EQ(refused({{"a", {{".a", "1"}}}}).code, "merge.bad-patch");
}

TEST(PatchRulesTest, RulesAreEqualOnlyForListsThatDoTheSame) {
  const std::string rules = of_mapping({{"a", {{"a", "1"}}}}).rules();
  EXPECT_EQ(rules, of_mapping({{"a", {{"a", " 1.0 "}}}}).rules());
  EXPECT_NE(rules, of_mapping({{"b", {{"a", "1"}}}}).rules());
  EXPECT_NE(rules, of_mapping({{"a", {{"b", "1"}}}}).rules());
  EXPECT_NE(rules, of_mapping({{"a", {{"a", "2"}}}}).rules());
}

// ---- normalize

Patches normalising(const std::vector<WrittenPatch>& written) {
  return Patches::normalising(written, "normalize", fill_in).value();
}

TEST(NormaliseTest, ARuleHoldsForFilesOfEveryMappingAtAnyDepth) {
  const Patches rules = normalising({{"**/config.json", {{".systemName", "{{.GatewayName}}"}}}});
  EXPECT_EQ(rules.chosen("config.json", ""), (Chosen{0}));
  EXPECT_EQ(rules.chosen("a/b/c/config.json", ""), (Chosen{0}));
  EXPECT_EQ(rules.chosen("a/b/c/xconfig.json", ""), Chosen{});
}

TEST(NormaliseTest, APatchOfTheMappingHasTheLastWord) {
  const Patches rules = normalising({{"**/*.json", {{".name", "general"}, {"other", "general"}}}});
  const Patches patches = of_mapping({{"a.json", {{"name", "special"}}}});
  const FilePatches chosen{rules.chosen("x/a.json", ""), patches.chosen("x/a.json", "x")};
  EXPECT_EQ(render(R"({"name":1,"other":2})", chosen, rules, patches)->bytes,
            R"({"name":"special","other":"general"})");
}

TEST(NormaliseTest, ARuleWithoutFilesIsRefused) {
  const std::vector<WrittenPatch> written{{"", {{".a", "1"}}}};
  EXPECT_EQ(Patches::normalising(written, "normalize", fill_in).error().message,
            "normalize[0]: it says no files; write files: '**/config.json'");
}

// A file of the tree, in one of several styles of writing, with the name of a gateway in it.
std::string config(int n, const std::string& name) {
  const std::string rest = "\"number\": " + std::to_string(n) + ".0, \"text\": \"\\u00e9 <" + std::to_string(n) + ">\"";
  switch (n % 4) {
    case 0: return "{\n  \"systemName\": " + name + ",\n  " + rest + "\n}\n";
    case 1: return "\r\n{" + rest + ",\t\"systemName\" :" + name + "}\r\n\r\n";
    case 2: return "{\"deep\":{\"systemName\":\"kept\"},\"systemName\":" + name + " , " + rest + "}";
    default:
      return "{ \"list\": [ 1, 2 ,3 ],\"system\\u004eame\":" + name + "," + rest + ",\"systemName\":\"kept\" }\n";
  }
}

TEST(NormaliseTest, In300FilesOnlyTheValueChanges) {
  const Patches rules = normalising({{"**/config.json", {{".systemName", "{{.GatewayName}}"}}}});
  PatchUse use;
  int right = 0;
  for (int n = 0; n < 300; ++n) {
    std::string path = "config";
    for (int depth = n % 7; depth > 0; --depth) path += "/d" + std::to_string(depth * n);
    path += "/config.json";
    const FilePatches chosen{rules.chosen(path, ""), {}};
    use.count(chosen.normalising);
    const auto done = render(config(n, n % 3 ? "\"other gateway\"" : "null"), chosen, rules, Patches());
    ASSERT_TRUE(done) << done.error().message;
    right += done->bytes == config(n, "\"press-1\"") && done->notes.empty();
  }
  EXPECT_EQ(right, 300);
  EXPECT_TRUE(use.notes(rules).empty());
}

// ---- as they are written in an assignment

TEST(WrittenPatchesTest, AreReadAsTheyStand) {
  const auto read = written_patches(
      R"( [ {"file":"*.json","set":{"b\\.c":"9090","a":"{{.GatewayName}}"}}, {"set":{"x":""}} ] )", "here", "file");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].file, "*.json");
  EXPECT_EQ((*read)[0].set, (std::map<std::string, std::string>{{"a", "{{.GatewayName}}"}, {"b\\.c", "9090"}}));
  EXPECT_EQ((*read)[1].file, "");
}

TEST(WrittenPatchesTest, NoneIsNone) {
  for (const char* list : {"", "null", "[]"}) EXPECT_TRUE(written_patches(list, "here", "file")->empty()) << list;
}

TEST(WrittenPatchesTest, AnythingElseIsAnErrorThatNamesIt) {
  const auto refused = [](std::string_view list) { return written_patches(list, "here", "file").error().message; };
  EXPECT_EQ(refused("{}"), "here: it has to be a list");
  EXPECT_EQ(refused("[1]"), "here[0]: it has to be a map");
  EXPECT_EQ(refused("[{},{\"set\":[]}]"), "here[1]: set has to be a map from paths to texts");
  EXPECT_EQ(refused(R"([{"set":{"port":8088}}])"), "here[0]: the value of 'port' has to be a text; write it in quotes");
  EXPECT_EQ(refused(R"([{"files":"x"}])"), "here[0]: there is no field 'files'");
  EXPECT_EQ(refused(R"([{"file":1}])"), "here[0]: file has to be a text");
  EXPECT_EQ(refused("[,]"), "here: not valid JSON: expected a value");
}

// ---- the examples of the public guide

TEST(GuideTest, APatchOfOneFileInAFolder) {
  const Patches patches = of_mapping({{"system-properties/config.json", {{"systemName", "{{ .GatewayName }}"}}}});
  const std::string destination = "config/resources/ignition/core";
  EXPECT_EQ(bytes(patches, "{\n  \"systemName\": \"template\",\n  \"x\": 1\n}\n",
                  destination + "/system-properties/config.json", destination),
            "{\n  \"systemName\": \"press-1\",\n  \"x\": 1\n}\n");
}

TEST(GuideTest, APatternForSeveralFiles) {
  const Patches patches =
      of_mapping({{"db-connections/*.json",
                   {{"connection.host", "{{ .Vars.dbHost }}"}, {"connection.port", "{{ .Vars.dbPort }}"}}}});
  EXPECT_EQ(bytes(patches, R"({"connection": {"host": "h", "port": 1}})", "c/db-connections/a.json", "c"),
            R"({"connection": {"host": "10.0.0.1", "port": 5432}})");
  EXPECT_EQ(bytes(patches, "untouched", "c/db-connections/below/a.json", "c"), "untouched");
}

TEST(GuideTest, IndicesAndAppending) {
  const Patches patches = of_mapping({{"", {{"networkInterfaces.0.address", "10.0.0.7"}, {"tags.-1", "new"}}}});
  EXPECT_EQ(bytes(patches, R"({"networkInterfaces":[{"address":""}],"tags":["old"]})", "f", "f"),
            R"({"networkInterfaces":[{"address":"10.0.0.7"}],"tags":["old","new"]})");
}

}  // namespace
}  // namespace stoker::merge
