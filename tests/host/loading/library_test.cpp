// Loading built libraries, good and bad.
#include "host/loading/plugin_library.hpp"

#include <gtest/gtest.h>
#include <stoker/abi/notifier.h>
#include <stoker/abi/source.h>
#include <stoker/testing/fake_host.hpp>

#include "support/plugin_files.hpp"

namespace stoker::host {
namespace {

struct Rule {
  const char* what;
  std::uint16_t major, min_host_minor;
  std::vector<std::string> kinds, needs, optional_needs;
  const char* code;
};

class LoadingRuleTest : public ::testing::TestWithParam<Rule> {};

TEST_P(LoadingRuleTest, Holds) {
  const Offer offer{3, 5, {"k/1", "k/2"}, {"s/1"}};
  Manifest manifest;
  manifest.path = "p.so";
  manifest.abi_major = GetParam().major;
  manifest.min_host_minor = GetParam().min_host_minor;
  manifest.kinds = GetParam().kinds;
  manifest.needs = GetParam().needs;
  manifest.optional_needs = GetParam().optional_needs;
  const auto allowed = may_load(manifest, offer);
  EXPECT_EQ(allowed ? "" : allowed.error().code, GetParam().code) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(Table, LoadingRuleTest,
                         ::testing::Values(Rule{"all known", 3, 5, {"k/1"}, {"s/1"}, {}, ""},
                                           Rule{"older host minor", 3, 0, {"k/2"}, {}, {}, ""},
                                           Rule{"older major", 2, 0, {"k/1"}, {}, {}, "STK-P007"},
                                           Rule{"newer major", 4, 0, {"k/1"}, {}, {}, "STK-P007"},
                                           Rule{"major before all else", 4, 9, {"k/9"}, {"s/9"}, {}, "STK-P007"},
                                           Rule{"needs a newer host", 3, 6, {"k/9"}, {}, {}, "STK-P008"},
                                           Rule{"unknown kind", 3, 5, {"k/1", "k/9"}, {}, {}, "STK-P009"},
                                           Rule{"unknown need", 3, 5, {"k/1"}, {"s/9"}, {}, "STK-P010"},
                                           Rule{"unknown optional need", 3, 5, {"k/1"}, {"s/9"}, {"s/9"}, ""}));

// While the major version is 0 a record may change with each minor one.
TEST(LoadingRuleTest, ADraftIsLoadedByItsOwnMinorOnly) {
  Offer offer{0, 5, {"k/1"}, {}};
  Manifest manifest;
  manifest.kinds = {"k/1"};
  for (std::uint16_t minor = 4; minor <= 6; ++minor) {
    manifest.abi_minor = minor;
    EXPECT_EQ(bool(may_load(manifest, offer)), minor == 5) << minor;
  }
  offer.abi_major = manifest.abi_major = 1;
  EXPECT_TRUE(may_load(manifest, offer));
}

TEST(LoadingRuleTest, NamesWhatItDoesNotKnow) {
  Manifest manifest;
  manifest.abi_minor = own_offer().abi_minor;
  manifest.kinds = {"com.acme.teapot/1"};
  EXPECT_NE(may_load(manifest, own_offer()).error().message.find("com.acme.teapot/1"), std::string::npos);
}

class LibraryTest : public ::testing::Test {
 protected:
  Result<PluginLibrary*> load(const std::filesystem::path& path) {
    auto manifest = read_manifest(path);
    if (!manifest) return std::move(manifest).error();
    return libraries.load(*manifest);
  }
  Error failure(const std::string& name) {
    auto loaded = load(faulty(name));
    return loaded ? Error() : std::move(loaded).error();
  }
  bool says(const Error& error, std::string_view text) { return error.message.find(text) != std::string::npos; }

  testing::FakeHost host;
  testing::FakeCall call;
  PluginLibraries libraries;
};

TEST_F(LibraryTest, GivesTheTablesOfItsKindsAndNoOther) {
  auto library = load(faulty("sound"));
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_NE((*library)->table<stoker_verifier_v1>(STOKER_VERIFIER_ID), nullptr);
  EXPECT_NE((*library)->table<stoker_notifier_v1>(STOKER_NOTIFIER_ID), nullptr);
  EXPECT_EQ((*library)->table<stoker_source_v1>(STOKER_SOURCE_ID), nullptr);
}

TEST_F(LibraryTest, OfAnotherMajorVersionIsRefused) { EXPECT_EQ(failure("faulty-major").code, "STK-P007"); }

TEST_F(LibraryTest, ThatNeedsANewerHostIsRefused) { EXPECT_EQ(failure("faulty-minor").code, "STK-P008"); }

TEST_F(LibraryTest, WithAnUnresolvedSymbolIsRefusedByItsName) {
  const Error error = failure("faulty-symbol");
  EXPECT_EQ(error.code, "STK-P011");
  EXPECT_TRUE(says(error, "symbol_that_nobody_has")) << error.message;
}

TEST_F(LibraryTest, WithoutAnEntryIsRefused) { EXPECT_EQ(failure("faulty-no-entry").code, "STK-P012"); }

TEST_F(LibraryTest, ThatLiesAboutItsIdIsRefusedWithBothValues) {
  const Error error = failure("faulty-lies-id");
  EXPECT_EQ(error.code, "STK-P013");
  EXPECT_TRUE(says(error, "\"somebody-else\"") && says(error, "\"faulty-lies-id\"")) << error.message;
}

TEST_F(LibraryTest, ThatLiesAboutItsVersionIsRefusedWithBothValues) {
  const Error error = failure("faulty-lies-version");
  EXPECT_EQ(error.code, "STK-P013");
  EXPECT_TRUE(says(error, "\"9.9.9\"") && says(error, "\"1.0.0\"")) << error.message;
}

TEST_F(LibraryTest, ThatLiesAboutItsKindsIsRefused) {
  const Error error = failure("faulty-lies-kinds");
  EXPECT_EQ(error.code, "STK-P013");
  EXPECT_TRUE(says(error, "stoker.source/1")) << error.message;
}

TEST_F(LibraryTest, WithATableThatIsTooShortIsRefused) { EXPECT_EQ(failure("faulty-short-table").code, "STK-P014"); }

// cases Q4: it would allow everything.
TEST_F(LibraryTest, WithAVerifierThatAsksNothingIsRefused) {
  const Error error = failure("faulty-no-function");
  EXPECT_EQ(error.code, "STK-P014");
  EXPECT_TRUE(says(error, "at least one beside create and destroy")) << error.message;
}

// cases Q4
TEST_F(LibraryTest, WithAVerifierThatCannotGiveBackItsLockIsRefused) {
  const Error error = failure("faulty-lock-alone");
  EXPECT_EQ(error.code, "STK-P014");
  EXPECT_TRUE(says(error, "lock together with verify and unlock")) << error.message;
}

TEST_F(LibraryTest, IsLoadedOnceAlsoThroughALink) {
  Folder folder;
  std::filesystem::create_symlink(faulty("sound"), folder / "link.so");
  auto first = load(faulty("sound"));
  auto second = load(folder / "link.so");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST_F(LibraryTest, IsNotLoadedAgainFromACopy) {
  Folder folder;
  std::filesystem::copy_file(faulty("sound"), folder / "copy.so");
  ASSERT_TRUE(load(faulty("sound")));
  EXPECT_EQ(load(folder / "copy.so").error().code, "STK-P019");
}

TEST_F(LibraryTest, WithAnIdThatIsLoadedAlreadyIsRefused) {
  ASSERT_TRUE(load(faulty("faulty-throws")));
  EXPECT_EQ(failure("faulty-throws-static").code, "STK-P018");
}

TEST_F(LibraryTest, IsOpenedOnceForManyInstancesAndClosedAfterTheLast) {
  auto library = load(faulty("sound"));
  ASSERT_TRUE(library);
  EXPECT_TRUE((*library)->open(host.raw(), call.raw()));
  EXPECT_TRUE((*library)->open(host.raw(), call.raw()));
  (*library)->close();
  EXPECT_EQ((*library)->opened(), 1);
  (*library)->close();
  EXPECT_EQ((*library)->opened(), 0);
}

// A plugin whose `open` hangs must not hang those who only ask.
TEST_F(LibraryTest, IsNotLockedWhileItsOpenRuns) {
  static PluginLibrary* opening = nullptr;
  static int seen = -1;
  stoker_plugin entry{};
  entry.open = [](const stoker_host*, const stoker_call*) -> stoker_status {
    testing::FakeCall late;
    late.expire();
    seen = opening->opened();
    return opening->open(nullptr, late.raw()) ? STOKER_E_INTERNAL : STOKER_OK;
  };
  entry.close = [] {};
  PluginLibrary library(Manifest(), &entry);
  opening = &library;
  EXPECT_TRUE(library.open(host.raw(), call.raw())) << "a second one gave up at its deadline";
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(library.opened(), 1);
}

TEST_F(LibraryTest, WhoseOpenFailsIsNotCountedAsOpen) {
  auto library = load(faulty("faulty-open"));
  ASSERT_TRUE(library) << library.error().message;
  const auto opened = (*library)->open(host.raw(), call.raw());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "STK-P017");
  EXPECT_EQ((*library)->opened(), 0);
}

TEST_F(LibraryTest, TwoWithEqualInnerSymbolsKeepTheirOwn) {
  auto sound = load(faulty("sound"));
  auto throws = load(faulty("faulty-throws"));
  ASSERT_TRUE(sound && throws);
  const auto notify = [&](PluginLibrary* library) {
    const auto* table = library->table<stoker_notifier_v1>(STOKER_NOTIFIER_ID);
    stoker_notifier* notifier = nullptr;
    EXPECT_EQ(table->create(host.raw(), call.raw(), str("{}"), &notifier), STOKER_OK);
    const stoker_status status = table->notify(notifier, call.raw(), str("key"), str("{}"));
    table->destroy(notifier);
    return status;
  };
  EXPECT_EQ(notify(*sound), STOKER_OK);
  EXPECT_EQ(notify(*throws), STOKER_E_INTERNAL);
}

TEST(ProbeTest, PassesASoundPlugin) {
  const auto passed = probe(*read_manifest(faulty("sound")));
  EXPECT_TRUE(passed) << passed.error().message;
}

TEST(ProbeTest, OutlivesACrashingConstructor) {
  const auto passed = probe(*read_manifest(faulty("faulty-crashes")));
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().code, "STK-P015");
  EXPECT_NE(passed.error().message.find("SIGABRT"), std::string::npos) << passed.error().message;
}

// cases Q14
TEST(ProbeTest, SaysWhatTheLibraryPrintedBeforeItCrashed) {
  const auto passed = probe(*read_manifest(faulty("faulty-crashes")));
  ASSERT_FALSE(passed);
  EXPECT_NE(passed.error().message.find("\"the licence server is away\""), std::string::npos) << passed.error().message;
}

// cases Q14: in the host it would end the process with code 0.
TEST(ProbeTest, OutlivesAConstructorThatEndsTheProcess) {
  const auto passed = probe(*read_manifest(faulty("faulty-exits")));
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().code, "STK-P015");
  EXPECT_NE(passed.error().message.find("found exit 0"), std::string::npos) << passed.error().message;
}

TEST(ProbeTest, OutlivesAConstructorThatNeverEnds) {
  const auto passed = probe(*read_manifest(faulty("faulty-hangs")), std::chrono::milliseconds(50));
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().code, "STK-P016");
}

}  // namespace
}  // namespace stoker::host
