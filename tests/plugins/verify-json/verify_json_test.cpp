// verify-json as it is shipped: the built library, through its table.
#include <stoker/abi/verifier.h>
#include <stoker/testing/fake_host.hpp>

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace {

using namespace stoker;
using namespace stoker::testing;

class JsonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    void* library = dlopen(STOKER_PLUGIN_DIR "/verify-json.so", RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    const auto* entry = static_cast<const stoker_plugin*>(dlsym(library, "stoker_plugin_entry"));
    ASSERT_NE(entry, nullptr);
    table_ = static_cast<const stoker_verifier_v1*>(entry->query(str(STOKER_VERIFIER_ID)));
    ASSERT_NE(table_, nullptr);
    create("{}");
  }
  void TearDown() override { create(""); }
  // `settings`: JSON; empty: only ends the one before.
  void create(const std::string& settings) {
    if (verifier_) table_->destroy(verifier_);
    verifier_ = nullptr;
    if (settings.empty()) return;
    FakeCall call;
    const std::string config = R"({"settings": )" + settings + R"(, "use": {}})";
    ASSERT_EQ(table_->create(host_.raw(), call.raw(), str(config), &verifier_), STOKER_OK);
  }

  static Change change(std::string path, Change::Op op = Change::Op::replace) {
    Change made;
    made.path = std::move(path);
    made.op = op;
    return made;
  }
  stoker_status admit(const FakePlan& plan) {
    return table_->admit(verifier_, call_.raw(), str("{}"), plan.raw(), decisions_.sink());
  }
  // The decision on a plan that writes this text to one file.
  Decision decide(const std::string& text, const std::string& path = "projects/x/view.json") {
    const FakePlan plan({change(path)}, {{path, text}});
    EXPECT_EQ(admit(plan), STOKER_OK);
    EXPECT_EQ(decisions_.items.size(), 1u);
    const Decision decision = decisions_.items.empty() ? Decision() : decisions_.items.front();
    decisions_.items.clear();
    return decision;
  }
  // Without the sentence about the way out.
  std::string reason(const std::string& text) {
    const std::string all = decide(text).reason;
    return all.substr(0, all.find(". A file that "));
  }
  bool allows(const std::string& text, const std::string& path) {
    return decide(text, path).verdict == Decision::Verdict::allow;
  }

  FakeHost host_;
  FakeCall call_;
  Collected<Decision> decisions_;
  const stoker_verifier_v1* table_ = nullptr;
  stoker_verifier* verifier_ = nullptr;
};

TEST_F(JsonTest, HasNothingButAdmit) {
  EXPECT_EQ(table_->observe, nullptr);
  EXPECT_EQ(table_->lock, nullptr);
  EXPECT_EQ(table_->verify, nullptr);
  EXPECT_EQ(table_->unlock, nullptr);
  EXPECT_NE(table_->admit, nullptr);
}

TEST_F(JsonTest, AllowsWhatParses) {
  EXPECT_EQ(decide("{\"a\": [1, -2.5e3, true, null, \"\\u00e9\"]}\n").verdict, Decision::Verdict::allow);
  EXPECT_EQ(decide("\"text\"").verdict, Decision::Verdict::allow);
  EXPECT_EQ(decide("  12 ").verdict, Decision::Verdict::allow);
}

TEST_F(JsonTest, RefusesWithFileLineAndColumn) {
  const Decision decision = decide("{\n  \"a\": 1\n  \"b\": 2\n}\n");
  EXPECT_EQ(decision.verdict, Decision::Verdict::refuse);
  EXPECT_EQ(decision.name, "ConfigSyntaxError");
  EXPECT_EQ(decision.reason,
            "projects/x/view.json:3:3: expected ',' or '}'. A file that the gateway does not read can stay out with "
            "excludePatterns of the Sync, or be named in settings.ignore of verify-json");
}

// cases T36
TEST_F(JsonTest, NamesTheWayOutForAFileWithComments) {
  const std::string said = decide("// editor\n{\"a\": 1,}\n").reason;
  EXPECT_NE(said.find("view.json:1:1: a comment, which JSON does not have. A file that"), std::string::npos) << said;
  EXPECT_NE(
      said.find("excludePatterns of the Sync, or be named in settings.comments or settings.ignore of verify-json"),
      std::string::npos)
      << said;
}

// cases T36
TEST_F(JsonTest, FilesThatAreKnownToHaveCommentsMayHaveThem) {
  const std::string text = "// editor\n{\"a\": [1, /* two **/ 2,], \"b\": {\"c\": \"//\"},} // end";
  for (const char* path : {"projects/P/tsconfig.json", "tsconfig.build.json", "projects/P/.vscode/settings.json",
                           ".devcontainer/devcontainer.json", "projects/.eslintrc.json"}) {
    EXPECT_TRUE(allows(text, path)) << path;
    EXPECT_FALSE(allows("{\"a\": }", path)) << path << ": it is looked at";
  }
  for (const char* path : {"projects/P/view.json", "projects/P/mytsconfig.json", "projects/P/.vscode/deep/x.json"})
    EXPECT_FALSE(allows(text, path)) << path;
}

// cases T36
TEST_F(JsonTest, SettingsSayWhichFilesAreIgnoredAndWhichHaveComments) {
  create(R"({"ignore": ["docs/**", "/projects/P/*.min.json"], "comments": ["*.config.json"]})");
  EXPECT_TRUE(allows("{", "a/docs/b/c.json"));
  EXPECT_TRUE(allows("{", "projects/P/x.min.json"));
  EXPECT_FALSE(allows("{", "a/projects/P/x.min.json"));
  EXPECT_FALSE(allows("{", "docs.json"));
  EXPECT_TRUE(allows("{} // c", "a/b.config.json"));
  EXPECT_FALSE(allows("{} // c", "tsconfig.json")) << "the list of known files is replaced";
}

// cases T38
TEST_F(JsonTest, SaysWhatIsWrongWithinAText) {
  const std::string at = "projects/x/view.json:";
  EXPECT_EQ(reason("{\"a\":\"x\ty\"}"), at + "1:8: a tab in a text; write \\t");
  EXPECT_EQ(reason("{\"a\":\"x\ny\"}"), at + "1:8: the line ends within a text; close it with a quote, or write \\n");
  EXPECT_EQ(reason("[\"x\x01\"]"), at + "1:4: a control character in a text; write \\u0001");
  EXPECT_EQ(reason("{\"a\":\"\xf6\"}"), at + "1:7: bytes that are not UTF-8; save the file as UTF-8");
  for (const char* bad :
       {"[\"\x80\"]", "[\"\xc0\xaf\"]", "[\"\xe0\x80\x80\"]", "[\"\xed\xa0\x80\"]", "[\"\xf4\x90\x80\x80\"]"})
    EXPECT_EQ(reason(bad), at + "1:3: bytes that are not UTF-8; save the file as UTF-8");
  EXPECT_EQ(reason("[\"C:\\Line\"]"),
            at + "1:6: a backslash begins an escape, and \\L is none; a backslash itself is written \\\\");
  EXPECT_EQ(reason("[\"\\u12g4\"]"), at + "1:7: expected four hexadecimal digits after \\u");
  EXPECT_EQ(reason("[\"a"), at + "1:4: the text in quotes is not closed, found the end of the text");
  EXPECT_EQ(reason("{\"a\ta\": 1}"), at + "1:4: a tab in a text; write \\t");
}

// cases T38
TEST_F(JsonTest, SaysWhatIsWrongOutsideOfATextToo) {
  const std::string at = "projects/x/view.json:";
  EXPECT_EQ(reason(std::string("{}\0", 3)), at + "1:3: expected the end of the text, found a NUL byte");
  EXPECT_EQ(reason(std::string("[\0]", 3)), at + "1:2: expected a value or ']', found a NUL byte");
  EXPECT_EQ(reason("[01]"), at + "1:3: a number does not begin with 0 before other digits");
  EXPECT_EQ(reason("[1.]"), at + "1:4: expected a digit");
  EXPECT_EQ(reason("[-]"), at + "1:3: expected a digit");
  EXPECT_EQ(reason("-"), at + "1:2: expected a digit, found the end of the text");
  EXPECT_EQ(reason("[truth]"), at + "1:2: expected true");
  EXPECT_EQ(reason("[nul"), at + "1:2: expected null");
  EXPECT_EQ(reason("[1,\n /x]"), at + "2:2: expected a value after ','");
  EXPECT_EQ(reason("[\xc3\xa9]"),
            at + "1:2: expected a value or ']', found a character that is not ASCII outside of quotes");
  EXPECT_EQ(reason("\xff\xfe{"), at + "1:1: the file is not UTF-8, it looks like UTF-16; save it as UTF-8");
}

// cases T38
TEST_F(JsonTest, HalfASurrogatePairIsValidByTheGrammar) {
  EXPECT_EQ(decide("{\"a\":\"\\ud83d\"}").verdict, Decision::Verdict::allow);
  EXPECT_EQ(decide("[\"\\udc00\\ud83d x\"]").verdict, Decision::Verdict::allow);
}

TEST_F(JsonTest, SaysWhatWasExpected) {
  const std::string at = "projects/x/view.json:";
  EXPECT_EQ(reason("[1 2]"), at + "1:4: expected ',' or ']'");
  EXPECT_EQ(reason("{\"a\" 1}"), at + "1:6: expected ':'");
  EXPECT_EQ(reason("{\"a\": }"), at + "1:7: expected a value");
  EXPECT_EQ(reason("{\"a\": 1,}"), at + "1:9: expected a name in quotes after ','");
  EXPECT_EQ(reason("[1,]"), at + "1:4: expected a value after ','");
  EXPECT_EQ(reason("{a: 1}"), at + "1:2: expected a name in quotes or '}'");
  EXPECT_EQ(reason("{} {}"), at + "1:4: expected the end of the text");
  EXPECT_EQ(reason("// note\n{}"), at + "1:1: a comment, which JSON does not have");
}

TEST_F(JsonTest, AnEmptyFileIsNoJson) {
  EXPECT_EQ(reason(""), "projects/x/view.json:1:1: expected a value, found the end of the text");
}

TEST_F(JsonTest, ATruncatedFileIsRefusedAtItsEnd) {
  EXPECT_EQ(reason("{\"a\": [1,\n2"), "projects/x/view.json:2:2: expected ',' or ']', found the end of the text");
}

TEST_F(JsonTest, AColumnIsACharacterNotAByte) {
  EXPECT_EQ(reason("{\"\xC3\xA9\xC3\xA9\" 1}"), "projects/x/view.json:1:7: expected ':'");
}

TEST_F(JsonTest, RefusesAByteOrderMark) {
  EXPECT_EQ(reason("\xEF\xBB\xBF{}"), "projects/x/view.json:1:1: a byte order mark; JSON text begins without one");
}

TEST_F(JsonTest, RefusesBytesThatAreNotUtf8) { EXPECT_EQ(decide("[\"\xC3(\"]").verdict, Decision::Verdict::refuse); }

TEST_F(JsonTest, ReadsDeepTextsUpToItsBound) {
  EXPECT_EQ(decide(std::string(300, '[') + std::string(300, ']')).verdict, Decision::Verdict::allow);
  EXPECT_NE(reason(std::string(600, '[') + std::string(600, ']')).find("nested deeper than 512"), std::string::npos);
}

TEST_F(JsonTest, FindsTheFaultOfALargeFileInItsChunks) {
  std::string text = "[\n";
  while (text.size() < 3'000'000) text += "  \"0123456789012345678901234567890123456789\",\n";
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  EXPECT_EQ(reason(text + "  oops]"),
            "projects/x/view.json:" + std::to_string(lines + 1) + ":3: expected a value after ','");
}

TEST_F(JsonTest, NamesFiveOfManyAndCountsTheRest) {
  std::vector<Change> changes;
  Contents contents;
  for (const char* name : {"a.json", "b.json", "c.json", "d.json", "e.json", "f.json", "g.json"}) {
    changes.push_back(change(name, Change::Op::add));
    contents[name] = "{";
  }
  ASSERT_EQ(admit(FakePlan(changes, contents)), STOKER_OK);
  ASSERT_EQ(decisions_.items.size(), 1u);
  const std::string said = decisions_.items[0].reason;
  EXPECT_NE(said.find("e.json:1:2: "), std::string::npos) << said;
  EXPECT_EQ(said.find("f.json"), std::string::npos) << said;
  EXPECT_NE(said.find("; and 2 more (7 files in all). A file that"), std::string::npos) << said;
}

TEST_F(JsonTest, LooksOnlyAtWhatIsWritten) {
  const FakePlan plan(
      {change("gone.json", Change::Op::remove), change("mode.json", Change::Op::chmod), change("code.py")},
      {{"code.py", "not json"}});
  ASSERT_EQ(admit(plan), STOKER_OK);
  EXPECT_EQ(decisions_.items.at(0).verdict, Decision::Verdict::allow);
}

TEST_F(JsonTest, StopsWhenItIsCancelled) {
  call_.cancel();
  EXPECT_EQ(admit(FakePlan({change("a.json")}, {{"a.json", "{}"}})), STOKER_E_CANCELLED);
  EXPECT_TRUE(decisions_.items.empty());
}

TEST_F(JsonTest, ContentThatCannotBeReadFailsTheCall) {
  EXPECT_EQ(admit(FakePlan({change("a.json")})), STOKER_E_NOT_FOUND);
  ASSERT_TRUE(call_.error());
  EXPECT_NE(call_.error()->message.find("a.json"), std::string::npos);
}

}  // namespace
