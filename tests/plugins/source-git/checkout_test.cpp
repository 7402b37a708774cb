// Files as a checkout would write them, where the setting asks for that. The git program itself is what they are held
// against.
#include "git_fixture.hpp"
#include "plugins/source-git/attributes.hpp"

namespace stoker::git_test {
namespace {

using Paths = std::vector<std::string>;

class CheckoutTest : public GitFixture {
 protected:
  static std::string text_of(const fs::path& at) {
    std::ifstream file(at, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void create_with(const char* checkout) {
    create(file_url(), std::string(R"({"allowFile": true, "checkout": ")") + checkout + "\"}");
  }
  // The paths of the files that differ from those of a clone.
  Paths different(const std::string& revision) {
    const fs::path clone = root / "clone";
    fs::remove_all(clone);
    run("git clone -q " + repo.string() + " " + clone.string());
    run("cd " + clone.string() + " && git checkout -q " + revision);
    EXPECT_EQ(open(revision), STOKER_OK) << why();
    Paths differ;
    for (const std::string& path : paths())
      if (read(path) != text_of(clone / path)) differ.push_back(path);
    return differ;
  }
};

// cases T21
TEST_F(CheckoutTest, FilesAreThoseOfAClone) {
  write(".gitattributes",
        "*.bat text eol=crlf\n*.auto text=auto eol=crlf\n*.csv working-tree-encoding=UTF-16LE\n"
        "*.bom text eol=crlf working-tree-encoding=UTF-16LE-BOM\n*.be working-tree-encoding=UTF-16BE\n"
        "*.latin working-tree-encoding=ISO-8859-1\n*.utf8 working-tree-encoding=UTF-8\n"
        "*.old crlf eol=crlf\n*.raw -text eol=crlf\n*.lf text eol=lf\n");
  write("P/.gitattributes", "own.bat -text\n");
  for (const char* name : {"a.bat", "a.auto", "a.raw", "a.lf", "a.old", "a.txt", "P/own.bat", "P/b.bat"})
    write(name, "one\ntwo\n\nend without a line end");
  write("empty.bat", "");
  write("binary.auto", std::string("a\0b\nc\n", 6));
  write("nearly.auto", "a\x01\n" + std::string(200, 'x') + "\n");
  write("mostly.auto", "a\x01\x02\x03\n" + std::string(200, 'x') + "\n");
  const auto utf16 = [](bool little, std::string_view text) {
    std::string bytes;
    for (const char c : text) {
      bytes += little ? c : '\0';
      bytes += little ? '\0' : c;
    }
    return bytes;
  };
  write("t.csv", utf16(true, "x;y\n"));
  write("t.be", utf16(false, "x;y\n"));
  write("t.bom", "\xff\xfe" + utf16(true, "x;y\r\n"));
  write("t.latin", "caf\xe9\n");
  write("t.utf8", "caf\xc3\xa9\n");
  const std::string revision = commit();
  create_with("attributes");
  EXPECT_EQ(different(revision), Paths());
  EXPECT_FALSE(host.log.says("git checkout may write"));
  create_with("bytes");
  EXPECT_EQ(different(revision),
            (Paths{"P/b.bat", "a.auto", "a.bat", "a.old", "nearly.auto", "t.be", "t.bom", "t.csv", "t.latin"}));
  EXPECT_TRUE(host.log.says("git checkout may write"));
}

// cases T21
TEST_F(CheckoutTest, AFileOfOtherBytesHasAnotherName) {
  write("a.bat", "one\n");
  write("b.txt", "one\n");
  const std::string before = commit();
  write(".gitattributes", "*.bat text eol=crlf\n");
  const std::string after = commit();
  write("b.txt", "two\n");
  const std::string later = commit();
  create_with("attributes");
  const auto blob = [&](const std::string& revision) {
    EXPECT_EQ(open(revision), STOKER_OK) << why();
    Collected<File> files;
    EXPECT_EQ(table->list(tree, call.raw(), str("a.bat"), files.sink()), STOKER_OK);
    return files.items.at(0).blob;
  };
  EXPECT_EQ(blob(before), git("rev-parse HEAD:a.bat"));
  EXPECT_EQ(blob(after), git("rev-parse HEAD:a.bat") + "+crlf");
  Collected<Delta> deltas;
  EXPECT_EQ(table->diff(tree, call.raw(), str(before), deltas.sink()), STOKER_E_NOT_FOUND) << "the same objects differ";
  ASSERT_EQ(open(later), STOKER_OK);
  EXPECT_EQ(table->diff(tree, call.raw(), str(after), deltas.sink()), STOKER_OK) << why();
  EXPECT_EQ(deltas.items.size(), 1u);
}

// cases T21: the quick look reads a bounded number of .gitattributes files of a bounded size.
TEST_F(CheckoutTest, ManyOrLargeAttributesFilesAreFollowedToo) {
  write("z/.gitattributes", "*.bat text eol=crlf\n");
  write("z/a.bat", "one\n");
  for (int i = 0; i < 1001; ++i) write("a/" + std::to_string(i) + "/.gitattributes", "*.txt text\n");
  const std::string many = commit();
  git("rm -q -r a");
  std::string large = "*.bat text eol=crlf\n";
  while (large.size() <= (1 << 20)) large += "# a long comment that says nothing\n";
  write("z/.gitattributes", large);
  const std::string one_large = commit();
  create_with("attributes");
  EXPECT_EQ(content(many, "z/a.bat"), "one\r\n");
  EXPECT_EQ(content(one_large, "z/a.bat"), "one\r\n");
  create_with("bytes");
  EXPECT_EQ(content(many, "z/a.bat"), "one\n");
  EXPECT_TRUE(host.log.says("which files git checkout would write with other bytes is not known"));
}

// cases T21: the object is damaged.
TEST_F(CheckoutTest, AttributesThatCannotBeReadAreNotTakenForNone) {
  write(".gitattributes", "*.bat text eol=crlf\n");
  const std::string revision = commit(), id = git("rev-parse HEAD:.gitattributes");
  git::start_libgit2();
  int code = 0;
  const auto repository = git::make<git::Repository>(code, git_repository_open_bare, (repo / ".git").c_str());
  ASSERT_TRUE(repository);
  const auto text = [&] {
    const auto at = git::Attributes(repository.get(), git::oid(revision)).of("a.bat");
    return at ? at->text() : "cannot be read";
  };
  EXPECT_EQ(text(), "eol=crlf");
  git_attr_cache_flush(repository.get());
  const fs::path object = repo / ".git/objects" / id.substr(0, 2) / id.substr(2);
  fs::permissions(object, fs::perms::owner_all);
  std::ofstream(object) << "nothing that git knows";
  EXPECT_EQ(text(), "cannot be read");
}

// cases T21
TEST_F(CheckoutTest, WhatCannotBeEncodedFailsItsFileAlone) {
  write("a.x", "one\n");
  write("b.latin", "\xc3\xa9\n");
  write("c.latin", "\xe2\x82\xac\n");
  commit();
  write(".gitattributes", "*.x working-tree-encoding=no-such-encoding\n*.latin working-tree-encoding=ISO-8859-1\n");
  git("add .gitattributes");
  git("commit -q -m attributes");
  create_with("attributes");
  ASSERT_EQ(open(git("rev-parse HEAD")), STOKER_OK) << why();
  EXPECT_EQ(read("a.x"), "failed: git.encoding");
  EXPECT_NE(why().find("a.x: git: working-tree-encoding=no-such-encoding"), std::string::npos) << why();
  EXPECT_EQ(read("b.latin"), "\xe9\n");
  EXPECT_EQ(read("c.latin"), "failed: git.encoding");
}

}  // namespace
}  // namespace stoker::git_test
