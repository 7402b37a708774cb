// The texts of the load diagnostics: people search for them, so a change of one is a decision.
#include "host/commands/explain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "host/answers/explained_codes.hpp"
#include "host/loading/diagnostics.hpp"

namespace stoker::host {
namespace {

TEST(DiagnosticsTest, SaysWhatWasFoundWhatWasExpectedAndWhatToDo) {
  const Error error = load_error(LoadFault::abi_major, "/p/x.so", "7.0", "0.1");
  EXPECT_EQ(error.code, "STK-P007");
  EXPECT_EQ(error.message,
            "/p/x.so: made for another version of the plugin ABI: found 7.0, expected 0.1; install a build of "
            "the plugin "
            "for this host, or the host that it is made for");
  EXPECT_EQ(
      error.detail,
      R"({"found": "7.0", "expected": "0.1", "next": "install a build of the plugin for this host, or the host that it is made for"})");
  EXPECT_FALSE(error.retryable);
}

TEST(DiagnosticsTest, EveryCodeHasItsNumberForEver) {
  EXPECT_EQ(code_of(LoadFault::missing_file), "STK-P001");
  EXPECT_EQ(code_of(LoadFault::no_manifest), "STK-P004");
  EXPECT_EQ(code_of(LoadFault::no_entry), "STK-P012");
  EXPECT_EQ(code_of(LoadFault::crashed), "STK-P015");
  EXPECT_EQ(code_of(LoadFault::file_twice), "STK-P019");
  int number = 0;
  for (const Explanation& text : explanations()) EXPECT_EQ(static_cast<int>(text.fault), ++number);
}

TEST(ExplainTest, PrintsTheLongForm) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("STK-P012", out, err), 0);
  EXPECT_EQ(
      out.str(),
      "STK-P012: no entry point\n\nThe library does not export stoker_plugin_entry, or the entry lacks a function.\n\n"
      "What to do: build it with stoker_add_plugin() and put STOKER_PLUGIN(...) in one source file.\n");
}

TEST(ExplainTest, OfAnUnknownCodeSaysWhichThereAre) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("STK-P999", out, err), 2);
  EXPECT_EQ(err.str().find("STK-P999: there is no such code"), 0u) << err.str();
  EXPECT_NE(err.str().find("STK-P001 to STK-P019"), std::string::npos) << err.str();
}

TEST(ExplainTest, TakesACodeAsItIsTyped) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("stk-p012", out, err), 0);
  EXPECT_TRUE(out.str().starts_with("STK-P012: no entry point\n")) << out.str();
}

// cases T43
TEST(ExplainTest, SaysOfACodeWhatItMeansAndWhatToDo) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("git.dns", out, err), 0) << err.str();
  EXPECT_EQ(
      out.str(),
      "git.dns (code): the name of the server cannot be looked up\n\nWhat to do: check the name, and this machine's "
      "resolver\n\nFrom docs/git.md\n");
}

// cases T43
TEST(ExplainTest, ANameMayBeAHoldAndANote) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("drift", out, err), 0);
  EXPECT_NE(out.str().find("drift (hold): "), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("drift (note): "), std::string::npos) << out.str();
}

// cases T43
TEST(ExplainTest, AMistypedCodeIsAskedBack) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("git.dsn", out, err), 2);
  EXPECT_NE(err.str().find("did you mean git.dns?"), std::string::npos) << err.str();
}

// ---------------------------------------------------------------- the sources

namespace fs = std::filesystem;

bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

// "family.what-happened"; "family.what-" when the rest is put together.
bool looks_like_a_code(std::string_view text) {
  static const std::set<std::string_view> families = {
      "agent",  "assignment", "config",   "diff",   "doctor", "exchange", "file",    "git",  "host",
      "http",   "ignition",   "json",     "memory", "merge",  "metrics",  "notices", "poll", "run",
      "schema", "secret",     "settings", "source", "state",  "target",   "webhook"};
  const std::size_t dot = text.find('.');
  if (dot == text.npos || dot + 1 == text.size() || !families.contains(text.substr(0, dot))) return false;
  const std::string_view rest = text.substr(dot + 1);
  for (const std::string_view not_a_code : {"json", "hpp", "conf", "repositories", "listen"})
    if (rest == not_a_code) return false;
  return std::all_of(rest.begin(), rest.end(), is_small);
}

// Texts in quotes of all sources of host and plugins. Comments are read too; that harms nobody.
std::set<std::string> quoted_texts() {
  std::set<std::string> all;
  for (const char* root : {"host", "plugins", "sdk/include"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(STOKER_SOURCE_DIR) / root)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);)
        for (std::size_t from = line.find('"'); from != line.npos;) {
          const std::size_t end = line.find('"', from + 1);
          if (end == line.npos) break;
          const bool beginning = line.substr(0, from).ends_with("starts_with(");  // of several codes
          if (!beginning) all.insert(line.substr(from + 1, end - from - 1));
          from = line.find('"', end + 1);
        }
    }
  return all;
}

// Names of holds are the first text after one of these.
std::set<std::string> held_names() {
  std::set<std::string> names;
  for (const char* root : {"host", "plugins"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(STOKER_SOURCE_DIR) / root)) {
      if (entry.path().extension() != ".cpp") continue;
      std::ifstream file(entry.path());
      const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      for (const std::string_view call : {"Decision::hold(", "make_hold("})
        for (std::size_t at = text.find(call); at != text.npos; at = text.find(call, at + 1)) {
          const std::size_t from = text.find_first_not_of(" \n", at + call.size());
          if (from == text.npos || text[from] != '"') continue;
          names.insert(text.substr(from + 1, text.find('"', from + 1) - from - 1));
        }
    }
  return names;
}

// cases T43
TEST(ExplainTest, KnowsEveryCodeThatTheProgramAndItsPluginsCanSay) {
  std::size_t count = 0;
  const std::set<std::string> texts = quoted_texts();
  for (const char* seen : {"agent.target", "notices.report", "secret.empty", "source.ref-not-found", "state.newer"})
    EXPECT_TRUE(texts.contains(seen) && looks_like_a_code(seen)) << seen << " is not found any more";
  for (const std::string& text : texts) {
    if (!looks_like_a_code(text)) continue;
    ++count;
    const auto all = explanations_of(text);
    EXPECT_EQ(all.size(), 1u) << text << " needs one row in docs/codes.md, docs/git.md or docs/gateway.md";
  }
  EXPECT_GT(count, 100u);
}

// cases T43
TEST(ExplainTest, KnowsEveryHoldByItsName) {
  const auto names = held_names();
  EXPECT_TRUE(names.contains("mass-delete"));
  for (const std::string& name : names) {
    const auto all = explanations_of(name);
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const auto& one) { return one.kind == "hold"; }))
        << name << " needs a row in docs/gateway.md, below \"When a Run is held\"";
  }
}

}  // namespace
}  // namespace stoker::host
