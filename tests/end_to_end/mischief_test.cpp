// A plugin that reaches beyond its calls: what it prints, closes, ignores, and how it dies.
#include "plant.hpp"

#include <sys/wait.h>

#include <csignal>

namespace plant {
namespace {

class MischiefTest : public Plant {
 protected:
  // The usual modules without an interval that somebody waits for, and the plugin with these settings.
  void write_plant(const std::string& settings) {
    write_projects(1, 1, "first");
    repository_.commit("First");
    write_sync({});
    let_it(settings);
  }
  void let_it(const std::string& settings) {
    write_config("  mischief: {library: " STOKER_FAULTY_DIR "/mischief.so, settings: {" + settings + "}}\n");
  }
  child::Finished sync() const { return stoker({"sync", "-c", (folder_ / "stoker.yaml").string(), "-o", "json"}); }
};

// cases Q22
TEST_F(MischiefTest, WhatAPluginPrintsIsNoAnswerOfTheProgram) {
  write_plant("does: prints");
  const child::Finished ended = sync();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(ended.out.starts_with("{")) << ended.out;
  EXPECT_EQ(ended.out.find("a plugin was here"), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("a plugin was here"), std::string::npos) << ended.err;
}

// cases Q22
TEST_F(MischiefTest, APluginThatClosesTheStreamsMutesNobody) {
  write_plant("does: closes-streams");
  const child::Finished ended = sync();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(ended.out.starts_with("{")) << ended.out;
  EXPECT_NE(ended.err.find("changed=\"standard input, standard output, standard error\""), std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("outcome=applied"), std::string::npos) << "the log goes on: " << ended.err;
}

// cases Q22
TEST_F(MischiefTest, APluginThatIgnoresSigtermDoesNotKeepTheProcess) {
  write_plant("does: ignores-signals");
  start_stoker();
  ASSERT_TRUE(eventually("it is put back", [&] { return log_count("what happens at SIGTERM, SIGINT") >= 1; }));
  ASSERT_TRUE(eventually("the Run is over", [&] { return log_count("outcome=applied") >= 1; }));
  stoker_.send(SIGTERM);
  EXPECT_EQ(stoker_.ended(patience), 0);
}

// cases Q3
TEST_F(MischiefTest, ACrashNamesThePluginAtOnceAndAtTheNextStart) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer has the handlers";
#endif
  write_plant("does: crashes");
  const child::Finished dead = sync();
  EXPECT_EQ(dead.code, 128 + SIGSEGV) << dead.err;
  EXPECT_NE(dead.err.find("dies of SIGSEGV in the plugin call mischief: admit for target press-1"), std::string::npos)
      << dead.err;
  let_it("does: nothing");
  const child::Finished next = sync();
  EXPECT_EQ(next.code, 0) << next.err;
  EXPECT_NE(next.err.find("module=mischief call=admit target=press-1 signal=SIGSEGV"), std::string::npos) << next.err;
  EXPECT_EQ(sync().err.find("the process before"), std::string::npos) << "it is said once";
}

// cases Q3
TEST_F(MischiefTest, AProcessThatWasKilledSaysWhichCallsRan) {
  write_plant("does: is-killed");
  EXPECT_EQ(sync().code, 128 + SIGKILL);
  let_it("does: nothing");
  const child::Finished next = sync();
  EXPECT_NE(next.err.find("the process before did not end in an orderly way"), std::string::npos) << next.err;
  EXPECT_NE(next.err.find("mischief admit"), std::string::npos) << next.err;
}

// cases Q14
TEST_F(MischiefTest, ALibraryInThePluginFolderIsTriedFirst) {
  write_plant("does: nothing");
  write_config("  faulty-crashes: {}\n");
  const fs::path beside = folder_ / "plugins";
  fs::create_directory(beside);
  for (const auto& plugin : fs::directory_iterator(fs::path(stoker_program()).parent_path().parent_path() / "plugins"))
    if (plugin.path().extension() == ".so") fs::copy(plugin.path(), beside / plugin.path().filename());
  fs::copy(STOKER_FAULTY_DIR "/faulty-crashes.so", beside / "faulty-crashes.so");
  const child::Finished ended =
      stoker({"--plugins", beside.string(), "sync", "-c", (folder_ / "stoker.yaml").string()});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_NE(ended.err.find("module faulty-crashes"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("STK-P015"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("the licence server is away"), std::string::npos) << ended.err;
}

TEST_F(MischiefTest, ACodeOfTheHostFromAPluginIsADefect) {
  write_plant("does: imitates-the-host");
  const child::Finished ended = sync();
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE((ended.out + ended.err).find("host.plugin-misbehaving"), std::string::npos) << ended.out << ended.err;
}

// cases Q23
TEST_F(MischiefTest, AFailureWithoutWordsIsSaidInWords) {
  write_plant("does: fails-silently");
  const child::Finished ended = sync();
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("mischief: admit: the plugin gave no reason (denied)"), std::string::npos) << ended.out;
}

}  // namespace
}  // namespace plant
