// Completion: the words, and the scripts run by each shell that is installed, with the built program and a socket that
// serves objects.
#include "host/commands/completion.hpp"

#include "support/child.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace stoker::host::testing {
namespace {

namespace fs = std::filesystem;

class CompletionTest : public ::testing::Test {
 protected:
  CompletionTest() {
    served.put(resource::gateway_syncs, sync_document("line-a"));
    served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
    CommandWords of_get, of_apply;
    of_get.name = "get";
    of_get.options = {{{"--output", "-o"}, true}, {{"--watch", "-w"}, false}, {{"--socket"}, true, true}};
    of_apply.name = "apply";
    of_apply.options = {{{"--filename", "-f"}, true, true}};
    all.options = {{{"--plugins"}, true, true}};
    all.below = {of_get, of_apply};
  }
  std::string words(const std::vector<std::string>& typed) {
    std::ostringstream out;
    EXPECT_EQ(complete(all, typed, out), exit_ok);
    return out.str();
  }
  ServedObjects served;
  CommandWords all;
};

TEST_F(CompletionTest, KnowsCommandsOptionsKindsAndNames) {
  const std::string socket = served.path().string();
  EXPECT_EQ(words({"g"}), "get\n");
  EXPECT_EQ(words({"get", "--w"}), "--watch\n");
  EXPECT_EQ(words({"get", "-o", "w"}), "wide\n");
  EXPECT_EQ(words({"get", "synct"}), "synctargets\n");
  EXPECT_EQ(words({"get", "--socket", socket, "gs", ""}), "line-a\n");
  EXPECT_EQ(words({"get", "--socket", socket, "gs/l"}), "gs/line-a\n");
}

TEST_F(CompletionTest, WithoutAHostThereAreNoNames) { EXPECT_EQ(words({"get", "--socket", "/nowhere", "gs", ""}), ""); }

// bash gives three words, the others one.
TEST_F(CompletionTest, AValueMayStandBehindItsOption) {
  EXPECT_EQ(words({"get", "--output", "=", "w"}), "wide\n");
  EXPECT_EQ(words({"get", "--output", "="}), "json\nname\ntable\nwide\nyaml\n");
  EXPECT_EQ(words({"get", "--output=w"}), "--output=wide\n");
  EXPECT_EQ(words({"get", "--socket=" + served.path().string(), "gs", ""}), "line-a\n");
}

TEST_F(CompletionTest, FilesAreLeftToTheShell) {
  EXPECT_EQ(words({"apply", "-f", "x"}), ":files\n");
  EXPECT_EQ(words({"get", "--plugins", ""}), ":files\n");
  EXPECT_EQ(words({"get", "--plugins", "/p", "synct"}), "synctargets\n") << "an option of the program";
}

// ---------------------------------------------------------------- the shells

class ShellTest : public ::testing::Test {
 protected:
  ShellTest() {
    served.put(resource::gateway_syncs, sync_document("line-a"));
    served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
    served.folder.write("here/alone.yaml", "");
    fs::create_symlink(STOKER_PROGRAM, served.folder.path() / "stoker");
  }
  static bool is_installed(const std::string& shell) {
    return child::finished({"sh", "-c", "command -v " + shell + " >/dev/null"}).code == 0;
  }
  // In a folder with one file. `socket`: of the host.
  child::Finished by(const child::Arguments& shell, const std::string& script, std::string socket = {}) {
    if (socket.empty()) socket = served.path().string();
    const std::string file = served.folder.write("script", script).string();
    child::Arguments arguments{"env",
                               "PATH=" + served.folder.path().string() + ":" + std::getenv("PATH"),
                               "HOME=" + served.folder.path().string(),
                               "STOKER_SOCKET=" + socket,
                               "TERM=dumb",
                               "sh",
                               "-c",
                               "cd '" + (served.folder.path() / "here").string() + "' && exec \"$@\" '" + file + "'",
                               "sh"};
    arguments.insert(arguments.end(), shell.begin(), shell.end());
    return child::finished(arguments);
  }
  ServedObjects served;
};

class BashTest : public ShellTest {
 protected:
  // The words that bash would offer in the place of the last one, with what it splits at = as it does.
  std::string offered(const std::string& words, const std::string& socket = {}) {
    const auto ended =
        by({"bash", "--norc"},
           "compopt() { printf 'compopt %s %s\\n' \"$@\"; }\nsource <(stoker completion bash)\nCOMP_WORDS=(" + words +
               ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_stoker stoker\n"
               "((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"\n",
           socket);
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }
};

TEST_F(BashTest, CompletesCommandsOptionsAndNames) {
  EXPECT_EQ(offered("stoker hist"), "history\n");
  EXPECT_EQ(offered("stoker get --wat"), "--watch\n");
  EXPECT_EQ(offered("stoker pause ''"), "line-a\n");
  EXPECT_EQ(offered("stoker events synct"), "compopt -o nospace\nsynctargets/\n");
  EXPECT_EQ(offered("stoker why ''"), "line-a\npress-1\n");
  EXPECT_EQ(offered("stoker get st/p"), "st/press-1\n");
  EXPECT_EQ(offered("stoker sync --target ''"), "press-1\n");
  EXPECT_EQ(offered("stoker get gs --output = y"), "yaml\n");
  EXPECT_EQ(offered("stoker apply -f ''"), "compopt -o default\n") << "files are those of bash";
}

TEST_F(BashTest, CompletesNoNamesWithoutAHost) {
  EXPECT_EQ(offered("stoker pause ''", "/nowhere"), "");
  EXPECT_EQ(offered("stoker why ''", "/nowhere"), "");
  EXPECT_EQ(offered("stoker hist", "/nowhere"), "history\n");
}

class FishTest : public ShellTest {
 protected:
  void SetUp() override {
    if (!is_installed("fish")) GTEST_SKIP() << "fish is not installed";
  }
  std::string offered(const std::string& line, const std::string& socket = {}) {
    const auto ended =
        by({"fish", "--no-config"}, "stoker completion fish | source\ncomplete -C '" + line + "'\n", socket);
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }
};

TEST_F(FishTest, CompletesCommandsOptionsAndNames) {
  EXPECT_EQ(offered("stoker hist"), "history\n");
  EXPECT_EQ(offered("stoker get --wat"), "--watch\n");
  EXPECT_EQ(offered("stoker pause "), "line-a\n");
  EXPECT_EQ(offered("stoker why "), "line-a\npress-1\n");
  EXPECT_EQ(offered("stoker get st/p"), "st/press-1\n");
  EXPECT_EQ(offered("stoker sync --target "), "press-1\n");
  EXPECT_EQ(offered("stoker get gs --output=y"), "--output=yaml\n");
  EXPECT_EQ(offered("stoker apply -f al").substr(0, 10), "alone.yaml");
}

TEST_F(FishTest, CompletesNoNamesWithoutAHost) {
  EXPECT_EQ(offered("stoker pause ", "/nowhere"), "");
  EXPECT_EQ(offered("stoker why ", "/nowhere"), "");
  EXPECT_EQ(offered("stoker hist", "/nowhere"), "history\n");
}

class ZshTest : public ShellTest {
 protected:
  void SetUp() override {
    if (!is_installed("zsh")) GTEST_SKIP() << "zsh is not installed";
    if (by({"zsh", "-f"}, "zmodload zsh/zpty").code != 0) GTEST_SKIP() << "zsh has no module zsh/zpty";
  }
  // The line that stands there after Tab, as a zsh at a terminal has it.
  std::string completed(const std::string& line, const std::string& socket = {}) {
    const std::string script = R"(zmodload zsh/zpty
zpty z zsh -f -i
say() { zpty -w z "$1"; }
say 'PS1=; unsetopt beep; autoload -Uz compinit; compinit -u -D; source <(stoker completion zsh)'
say 'tell() { print -r -- "[$BUFFER]" >>../told; BUFFER=; exit_now=1; }; zle -N tell'
say "bindkey '^I' complete-word; bindkey '^X' tell; print ready >>../told"
for i in {1..600}; do [[ -s ../told ]] && break; sleep 0.05; done
zpty -w -n z $'LINE\t\x18'
for i in {1..600}; do [[ $(<../told) == *']'* ]] && break; sleep 0.05; done
tail -n 1 ../told
zpty -d z
)";
    std::string filled = script;
    filled.replace(filled.find("LINE"), 4, line);
    fs::remove(served.folder.path() / "told");  // beside the one file of the folder
    const auto ended = by({"zsh", "-f"}, filled, socket);
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }
};

TEST_F(ZshTest, CompletesCommandsOptionsAndNames) {
  EXPECT_EQ(completed("stoker hist"), "[stoker history ]\n");
  EXPECT_EQ(completed("stoker get --wat"), "[stoker get --watch ]\n");
  EXPECT_EQ(completed("stoker pause "), "[stoker pause line-a ]\n");
  EXPECT_EQ(completed("stoker get st/p"), "[stoker get st/press-1 ]\n");
  EXPECT_EQ(completed("stoker events synct"), "[stoker events synctargets/]\n");
  EXPECT_EQ(completed("stoker get gs --output=y"), "[stoker get gs --output=yaml ]\n");
  EXPECT_EQ(completed("stoker apply -f al"), "[stoker apply -f alone.yaml ]\n");
}

TEST_F(ZshTest, CompletesNoNamesWithoutAHost) {
  EXPECT_EQ(completed("stoker pause ", "/nowhere"), "[stoker pause ]\n");
  EXPECT_EQ(completed("stoker hist", "/nowhere"), "[stoker history ]\n");
}

}  // namespace
}  // namespace stoker::host::testing
