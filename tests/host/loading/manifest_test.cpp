// Reading manifests from files that may be anything.
#include "host/loading/plugin_manifest.hpp"

#include <elf.h>
#include <gtest/gtest.h>
#include <stoker/abi/core.h>
#include <stoker/manifest_note.h>

#include <chrono>
#include <iostream>
#include <random>

#include "host/loading/elf_file.hpp"
#include "support/plugin_files.hpp"

namespace stoker::host {
namespace {

std::string code_of_reading(const std::filesystem::path& path) {
  const auto manifest = read_manifest(path);
  return manifest ? "" : manifest.error().code;
}

TEST(ManifestTest, IsReadFromTheNoteOfALibrary) {
  const auto manifest = read_manifest(faulty("sound"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->id, "sound");
  EXPECT_EQ(manifest->version, "1.0.0");
  EXPECT_EQ(manifest->license, "Apache-2.0");
  EXPECT_EQ(manifest->kinds, (std::vector<std::string>{"stoker.verifier/1", "stoker.notifier/1"}));
  EXPECT_EQ(manifest->needs, std::vector<std::string>{"stoker.clock/1"});
  EXPECT_EQ(manifest->concurrency, Concurrency::serial);
  EXPECT_EQ(manifest->use_schema, "{}");
}

TEST(ManifestTest, OfAMissingFileIsAnError) { EXPECT_EQ(code_of_reading("/nowhere/there.so"), "STK-P001"); }

TEST(ManifestTest, OfATextIsAnError) {
  Folder folder;
  write(folder / "text.so", "#!/bin/sh\n");
  EXPECT_EQ(code_of_reading(folder / "text.so"), "STK-P002");
}

TEST(ManifestTest, OfAnEmptyFileIsAnError) {
  Folder folder;
  write(folder / "empty.so", "");
  EXPECT_EQ(code_of_reading(folder / "empty.so"), "STK-P002");
}

TEST(ManifestTest, OfAnotherArchitectureNamesBoth) {
  Folder folder;
  std::string bytes = bytes_of(faulty("sound"));
  bytes[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_S390);
  write(folder / "other.so", bytes);
  const auto manifest = read_manifest(folder / "other.so");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, "STK-P003");
  EXPECT_NE(manifest.error().message.find("found machine 22, expected "), std::string::npos)
      << manifest.error().message;
}

TEST(ManifestTest, OfAnOrdinaryLibraryIsAnError) {
  EXPECT_EQ(code_of_reading(faulty("faulty-no-manifest")), "STK-P004");
}

TEST(ManifestTest, LargerThanADocumentMayBeIsAnError) {
  const auto library = ElfFile::open(faulty("sound"));
  ASSERT_TRUE(library);
  const auto within = [&](std::size_t bytes_max) {
    return library->note(STOKER_MANIFEST_NOTE_OWNER, STOKER_MANIFEST_NOTE_TYPE, bytes_max);
  };
  const auto whole = within(STOKER_DOCUMENT_BYTES_MAX);
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ(*within((*whole)->size()), *whole);
  const auto refused = within((*whole)->size() - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "STK-P005");
  EXPECT_NE(refused.error().message.find("at most " + std::to_string((*whole)->size() - 1)), std::string::npos)
      << refused.error().message;
}

TEST(ManifestTest, ThatIsCutIsAnError) { EXPECT_EQ(code_of_reading(faulty("faulty-cut")), "STK-P005"); }

TEST(ManifestTest, NamesTheFieldThatIsMissing) {
  const auto manifest =
      parse_manifest(R"({"id": "x", "version": "1", "abi": {"major": 0, "minor": 3}, "kinds": ["a"]})", "x.so");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, "STK-P006");
  EXPECT_NE(manifest.error().message.find("no license"), std::string::npos);
}

TEST(ManifestTest, WithANumberForAVersionIsAnError) {
  const auto manifest = parse_manifest(R"({"id": "x", "version": 1})", "x.so");
  EXPECT_EQ(manifest.error().code, "STK-P005");
}

TEST(ManifestTest, IgnoresFieldsItDoesNotKnow) {
  EXPECT_TRUE(parse_manifest(
      R"({"id": "x", "version": "1", "license": "MIT", "abi": {"major": 0, "minor": 3}, "kinds": ["a"], "new": {}})",
      "x.so"));
}

TEST(ManifestTest, SurvivesEveryDamageToItsFile) {
  Folder folder;
  const std::string sound = bytes_of(faulty("faulty-no-entry"));
  std::mt19937 random(20250102);
  for (int round = 0; round < 400; ++round) {
    std::string damaged = sound;
    const std::size_t near = round % 2 ? sizeof(Elf64_Ehdr) + 12 * sizeof(Elf64_Phdr) : damaged.size();
    for (int hit = 0; hit < 4; ++hit) damaged[random() % near] = static_cast<char>(random());
    if (round % 5 == 0) damaged.resize(random() % damaged.size());
    write(folder / "damaged.so", damaged);
    (void)read_manifest(folder / "damaged.so");
    if (const auto elf = ElfFile::open(folder / "damaged.so")) {
      (void)elf->exports();
      (void)elf->needed();
      (void)elf->build_id();
    }
  }
}

TEST(ScanTest, ABrokenFileGivesOneDiagnosticAndHidesNoOther) {
  Folder folder;
  write(folder / "a.so", "broken");
  std::filesystem::copy_file(faulty("sound"), folder / "b.so");
  write(folder / "notes.txt", "not looked at");
  std::filesystem::create_directory(folder / "c.so");
  const Scan found = scan({folder.path(), "/nowhere"});
  ASSERT_EQ(found.manifests.size(), 1u);
  EXPECT_EQ(found.manifests[0].id, "sound");
  ASSERT_EQ(found.diagnostics.size(), 1u);
  EXPECT_EQ(found.diagnostics[0].error.code, "STK-P002");
}

TEST(ScanTest, ListsAPluginWhoseConstructorAborts) {
  Folder folder;
  std::filesystem::copy_file(faulty("faulty-crashes"), folder / "crashes.so");
  EXPECT_EQ(scan({folder.path()}).manifests.at(0).id, "faulty-crashes");
}

TEST(ScanTest, ACopyIsTheSameLibraryTwice) {
  Folder folder;
  std::filesystem::copy_file(faulty("sound"), folder / "a.so");
  std::filesystem::copy_file(faulty("sound"), folder / "b.so");
  const Scan found = scan({folder.path()});
  EXPECT_EQ(found.manifests.size(), 1u);
  EXPECT_EQ(found.diagnostics.at(0).error.code, "STK-P019");
}

TEST(ScanTest, AnotherLibraryOfTheSameIdIsSaid) {
  Folder folder;
  std::filesystem::copy_file(faulty("faulty-throws"), folder / "a.so");
  std::filesystem::copy_file(faulty("faulty-throws-static"), folder / "b.so");
  const Scan found = scan({folder.path()});
  EXPECT_EQ(found.diagnostics.at(0).error.code, "STK-P018");
}

// A measurement and no gate: the time stands in the test's output.
TEST(ScanTest, FindsFiftyPlugins) {
  Folder folder;
  const std::string bytes = bytes_of(faulty("faulty-no-entry"));
  const std::string id = "\"id\": \"faulty-open\"";
  const std::size_t at = bytes.find(id);
  ASSERT_NE(at, std::string::npos);
  for (int i = 10; i < 60; ++i) {
    const std::string other = "faulty-op" + std::to_string(i);
    write(folder / (other + ".so"), std::string(bytes).replace(at, id.size(), "\"id\": \"" + other + "\""));
    leave_page_cache(folder / (other + ".so"));
  }
  const auto begun = std::chrono::steady_clock::now();
  const Scan found = scan({folder.path()});
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(found.manifests.size(), 50u);
  EXPECT_TRUE(found.diagnostics.empty());
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  RecordProperty("scan_of_50_microseconds", std::to_string(microseconds));
  std::cout << "scan of 50 plugins: " << microseconds << " us\n";
}

}  // namespace
}  // namespace stoker::host
