// The signature algorithm against its golden vectors, the key hash against its own, and stamping byte by byte.
#include <gtest/gtest.h>

#include "support/ignition_sim/digest.hpp"
#include "support/ignition_sim/signature.hpp"

namespace {

using namespace ignition_sim;

// Two resources whose signatures are known.
const Files kFilesA{{"view.json", "{}"}};
const Files kFilesB{{"config.json", "{\n  \"profile\": {}\n}"}, {"backupConfig.json", "{}"}};

const std::string kResourceA = R"({
  "scope": "G",
  "version": 1,
  "restricted": false,
  "overridable": true,
  "files": [
    "view.json"
  ],
  "attributes": {
    "lastModification": {
      "actor": "external",
      "timestamp": "2025-01-02T03:04:05Z"
    },
    "lastModificationSignature": "2f0921ac7b0ad8465a9f70f64858a75de815a6105058970864534f176bcbfd75"
  }
})";

const std::string kResourceB = R"({
  "scope": "A",
  "description": "Main DB",
  "version": 1,
  "restricted": false,
  "overridable": true,
  "files": ["config.json", "backupConfig.json"],
  "attributes": {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "lastModification": {"actor": "admin", "timestamp": "2025-01-02T03:04:05Z"},
    "enabled": true
  }
})";

TEST(SignatureTest, ViewResourceHasTheKnownSignatures) {
  EXPECT_EQ(*resource_signature(kResourceA, kFilesA, SignatureForm::v8_1),
            "f28f07c4c87894df75d77627ce3f997ef688fc63132f0dbfe0c3eee58ac68fe8");
  EXPECT_EQ(*resource_signature(kResourceA, kFilesA, SignatureForm::v8_3),
            "2f0921ac7b0ad8465a9f70f64858a75de815a6105058970864534f176bcbfd75");
}

TEST(SignatureTest, ConfigResourceHasTheKnownSignatures) {
  EXPECT_EQ(*resource_signature(kResourceB, kFilesB, SignatureForm::v8_1),
            "1aa98e88b772efa491accc0e7d9ef8015cf33932cafcefd286aaee862978fbe8");
  EXPECT_EQ(*resource_signature(kResourceB, kFilesB, SignatureForm::v8_3),
            "6e16d90f1b398af09b00735ad536c18a0a0e37cce489e4e03335a0ca10a9b0c8");
}

TEST(SignatureTest, AnAbsentListedFileHasNoSignature) {
  EXPECT_EQ(resource_signature(kResourceA, {}, SignatureForm::v8_3).error(), stoker::errc::not_found);
}

TEST(SignatureTest, WhatIsNoJsonHasNoSignature) {
  EXPECT_EQ(resource_signature("{", {}, SignatureForm::v8_3).error(), stoker::errc::invalid);
}

TEST(SignatureTest, AStampIsValidAndChangesNothingElse) {
  const Files edited{{"view.json", "{\"a\": 1}"}};
  const auto text = stamped(kResourceA, edited, SignatureForm::v8_3, "ann", "2026-11-21T06:00:00Z");
  ASSERT_TRUE(text);
  EXPECT_EQ(stored_signature(*text), *resource_signature(*text, edited, SignatureForm::v8_3));
  std::string expected = kResourceA;
  expected.replace(expected.find("external"), 8, "ann");
  expected.replace(expected.find("2025-01-02T03:04:05Z"), 20, "2026-11-21T06:00:00Z");
  expected.replace(expected.find("2f0921ac"), 64, *stored_signature(*text));
  EXPECT_EQ(*text, expected);
}

TEST(SignatureTest, AStampEndsLinesAsTheGatewayDoes) {
  std::string windows;
  for (const char letter : kResourceA) windows += letter == '\n' ? "\r\n" : std::string(1, letter);
  const auto text = stamped(windows + "\r\n", kFilesA, SignatureForm::v8_3, "external", "2025-01-02T03:04:05Z");
  EXPECT_EQ(*text, kResourceA);
}

TEST(SignatureTest, AStampKeepsEscapesAndUnusualOrder) {
  const std::string odd = R"({"attributes":{"lastModificationSignature":"old","note":"a\u003db \"}\"",)"
                          R"("lastModification":{"timestamp":"t","actor":"x"}},"files":[],"scope":"G"})";
  const auto text = stamped(odd, {}, SignatureForm::v8_1, "external", "2025-01-02T03:04:05Z");
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->starts_with(R"({"attributes":{"lastModificationSignature":")"));
  EXPECT_TRUE(text->ends_with(R"(,"note":"a\u003db \"}\"","lastModification":{"timestamp":"2025-01-02T03:04:05Z",)"
                              R"("actor":"external"}},"files":[],"scope":"G"})"));
  EXPECT_EQ(stored_signature(*text), *resource_signature(*text, {}, SignatureForm::v8_1));
}

TEST(SignatureTest, AResourceWithoutLastModificationGetsOne) {
  const std::string bare = R"({"scope":"G","files":[],"attributes":{"lastModificationSignature":""}})";
  const auto text = stamped(bare, {}, SignatureForm::v8_3, "external", "2025-01-02T03:04:05Z");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("\"actor\": \"external\""), std::string::npos);
  EXPECT_EQ(stored_signature(*text), *resource_signature(*text, {}, SignatureForm::v8_3));
}

TEST(SignatureTest, AnUnsignedResourceIsNotStamped) {
  EXPECT_FALSE(stamped(R"({"files": ["tags.json"]})", {{"tags.json", "{}"}}, SignatureForm::v8_3, "external", "t"));
}

TEST(TokenHashTest, TheKnownSecretHasTheKnownHash) {
  EXPECT_EQ(token_hash("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"), "Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0");
}

TEST(TokenHashTest, ASecretThatIsNotBase64urlHasNone) { EXPECT_FALSE(token_hash("not base64!")); }

}  // namespace
