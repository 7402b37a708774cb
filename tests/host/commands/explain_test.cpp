// The texts of the load diagnostics: people search for them, so a change of one is a decision.
#include "host/commands/explain.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

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
  EXPECT_EQ(
      err.str(),
      "STK-P999: there is no such code; there are STK-P001 to STK-P019, each a reason why a plugin is not loaded\n");
}

TEST(ExplainTest, TakesACodeAsItIsTyped) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("stk-p012", out, err), 0);
  EXPECT_TRUE(out.str().starts_with("STK-P012: no entry point\n")) << out.str();
}

}  // namespace
}  // namespace stoker::host
