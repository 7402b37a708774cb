// The schema: a table of good and bad objects, defaults, and the rule of one field. coordination P5
#include "conformance/fixture.hpp"

namespace conformance {
namespace {

using SchemaConformance = Conformance;
using stoker::errc;

// A document of the table: what stands at these pointers of an otherwise right one; a null value: nothing.
struct Row {
  const char* name;
  std::vector<std::pair<std::string, json::value>> changes;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string document_of(const std::string& right, const Row& row) {
  std::string document = right;
  for (const auto& [pointer, value] : row.changes)
    document = value.is_null() ? without(document, pointer) : with(document, pointer, value);
  return document;
}

std::string name_of(const ::testing::TestParamInfo<Row>& info) { return info.param.name; }

json::object many_notes() {
  json::object notes;
  for (int i = 0; i < 100; ++i) notes["n" + std::to_string(i)] = "x";
  return notes;
}

class GoodSchemaConformance : public Conformance, public ::testing::WithParamInterface<Row> {};

// coordination P5
TEST_P(GoodSchemaConformance, IsStored) {
  const auto made = platform().insert(document_of(thing("a"), GetParam()));
  ASSERT_TRUE(made) << made.error().message;
  for (const auto& [pointer, value] : GetParam().changes) EXPECT_EQ(at(*made, pointer), value) << pointer;
}

INSTANTIATE_TEST_SUITE_P(
    Objects, GoodSchemaConformance,
    ::testing::Values(Row{"NothingMore", {}}, Row{"SmallestSize", {{"/spec/size", 1}}},
                      Row{"LargestSize", {{"/spec/size", 100}}}, Row{"NoToken", {{"/spec/token", 0}}},
                      Row{"LargeToken", {{"/spec/token", 9007199254740991}}},
                      Row{"Disabled", {{"/spec/enabled", false}}}, Row{"EmptyNotes", {{"/spec/notes", json::object()}}},
                      Row{"OneNote", {{"/spec/notes", json::object{{"a/b", "ü \"\\\n"}}}}},
                      Row{"ManyNotes", {{"/spec/notes", many_notes()}}},
                      Row{"ThreeSteps", {{"/spec/steps", json::array{"a", "b", "b"}}}},
                      Row{"NoSteps", {{"/spec/steps", json::array()}}},
                      Row{"LongestName", {{"/spec/name", json::string(64, 'n')}}},
                      Row{"LabelWithoutText", {{"/metadata/labels/empty", ""}}},
                      Row{"LongestLabel", {{"/metadata/labels/long", json::string(63, 'v')}}},
                      Row{"Annotation", {{"/metadata/annotations", json::object{{"note", "any text: {}"}}}}}),
    name_of);

class BadSchemaConformance : public Conformance, public ::testing::WithParamInterface<Row> {};

// coordination P5
TEST_P(BadSchemaConformance, IsRefusedAsAWhole) {
  const auto made = platform().insert(document_of(thing("a"), GetParam()));
  ASSERT_FALSE(made) << made->document;
  EXPECT_EQ(made.error().kind, errc::invalid) << made.error().message;
  EXPECT_EQ(made.error().code, "object.invalid");
  EXPECT_TRUE(platform().list("", mine())->objects.empty());
}

// coordination P5
TEST_P(BadSchemaConformance, IsRefusedAsAnUpdateToo) {
  const Object before = insert(thing("a"));
  if (std::string_view(GetParam().changes.front().first) == "/metadata/name") return;  // that is another object
  const auto updated = platform().update(Part::spec, document_of(before.document, GetParam()));
  ASSERT_FALSE(updated) << updated->document;
  EXPECT_EQ(updated.error().kind, errc::invalid) << updated.error().message;
  EXPECT_EQ(platform().get(key("a")).value_or({}), before);
}

INSTANTIATE_TEST_SUITE_P(
    Objects, BadSchemaConformance,
    ::testing::Values(
        Row{"NoSpec", {{"/spec", nullptr}}}, Row{"SpecIsAText", {{"/spec", "text"}}},
        Row{"SpecIsAList", {{"/spec", json::array()}}}, Row{"NoName", {{"/spec/name", nullptr}}},
        Row{"EmptyName", {{"/spec/name", ""}}}, Row{"NameTooLong", {{"/spec/name", json::string(65, 'n')}}},
        Row{"NameIsANumber", {{"/spec/name", 7}}}, Row{"SizeTooSmall", {{"/spec/size", 0}}},
        Row{"SizeTooLarge", {{"/spec/size", 101}}}, Row{"SizeIsAText", {{"/spec/size", "7"}}},
        Row{"SizeIsAFraction", {{"/spec/size", 1.5}}}, Row{"TokenBelowZero", {{"/spec/token", -1}}},
        Row{"TokenIsAText", {{"/spec/token", "1"}}}, Row{"EnabledIsAText", {{"/spec/enabled", "true"}}},
        Row{"EnabledIsANumber", {{"/spec/enabled", 1}}}, Row{"NotesIsAList", {{"/spec/notes", json::array()}}},
        Row{"NoteIsANumber", {{"/spec/notes", json::object{{"a", 1}}}}},
        Row{"NoteIsAnObject", {{"/spec/notes", json::object{{"a", json::object()}}}}},
        Row{"FourSteps", {{"/spec/steps", json::array{"a", "b", "c", "d"}}}},
        Row{"StepIsANumber", {{"/spec/steps", json::array{1}}}}, Row{"UnknownField", {{"/spec/colour", "red"}}},
        Row{"UnknownFieldBesideSpec", {{"/extra", json::object()}}},
        Row{"UpperCaseName", {{"/metadata/name", "Upper"}}}, Row{"NameWithAnUnderscore", {{"/metadata/name", "a_b"}}},
        Row{"NameOfPoints", {{"/metadata/name", ".."}}}, Row{"LabelWithABlank", {{"/metadata/labels/wrong", "a b"}}},
        Row{"LabelTooLong", {{"/metadata/labels/wrong", json::string(64, 'v')}}},
        Row{"LabelIsANumber", {{"/metadata/labels/wrong", 1}}},
        Row{"KeyOfALabelWithABlank", {{"/metadata/labels/wrong key", "a"}}}, Row{"WrongKind", {{"/kind", "Other"}}},
        Row{"NoKind", {{"/kind", nullptr}}}, Row{"WrongApiVersion", {{"/apiVersion", "conformance.stoker.io/v9"}}},
        Row{"NoApiVersion", {{"/apiVersion", nullptr}}}),
    name_of);

// coordination P5
TEST_F(SchemaConformance, WhatIsWrongIsListed) {
  const auto made = platform().insert(thing("a", {{"size", 101}}));
  ASSERT_FALSE(made);
  const json::value detail = json::parse(made.error().detail);
  ASSERT_TRUE(detail.is_array()) << made.error().detail;
  ASSERT_FALSE(detail.as_array().empty());
  EXPECT_EQ(detail.as_array().front().at("pointer"), "/spec/size");
  EXPECT_TRUE(detail.as_array().front().at("expected").is_string());
}

// coordination P5
TEST_F(SchemaConformance, DefaultsAreFilledIn) {
  EXPECT_EQ(at(insert(thing("a")), "/spec/enabled"), true);
  EXPECT_EQ(at(*platform().get(key("a")), "/spec/enabled"), true);
}

// coordination P5
TEST_F(SchemaConformance, TheTokenNeverGoesDown) {
  const Object made = insert(thing("a", {{"token", 5}}));
  const auto lower = platform().patch(key("a"), Part::spec, R"({"spec": {"token": 4}})");
  ASSERT_FALSE(lower);
  EXPECT_EQ(lower.error().code, "object.invalid");
  EXPECT_EQ(platform().update(Part::spec, with(made.document, "/spec/token", 1)).error().kind, errc::invalid);
  EXPECT_TRUE(platform().patch(key("a"), Part::spec, R"({"spec": {"token": 5}})"));
  EXPECT_TRUE(platform().patch(key("a"), Part::spec, R"({"spec": {"token": 6}})"));
}

// coordination P5
TEST_F(SchemaConformance, OfParallelTokensNoneGoesDown) {
  insert(thing("a", {{"token", 0}}));
  const auto watch = watch_mine(version_now());
  const Answers answers = at_once(12, [&](int i) {
    return platform().patch(key("a"), Part::spec, R"({"spec": {"token": )" + std::to_string(i + 1) + "}}");
  });
  std::int64_t last = 0;
  for (const ObjectEvent& event : platform().events(watch, static_cast<std::size_t>(answers.succeeded))) {
    EXPECT_GE(at(event.object, "/spec/token").as_int64(), last);
    last = at(event.object, "/spec/token").as_int64();
  }
  EXPECT_EQ(last, 12);
}

// coordination P5
TEST_F(SchemaConformance, AStatusThatBreaksItsSchemaIsRefused) {
  const Object made = insert(thing("a"));
  EXPECT_EQ(platform().patch(key("a"), Part::status, R"({"status": {"phase": "Bogus"}})").error().code,
            "object.invalid");
  EXPECT_EQ(platform().patch(key("a"), Part::status, R"({"status": {"observed": -1}})").error().code, "object.invalid");
  EXPECT_EQ(platform().get(key("a")).value_or({}), made);
}

// coordination P5
TEST_F(SchemaConformance, ANameIsGenerated) {
  const std::string document =
      without(with(thing("a"), "/metadata/generateName", json::string(name("gen") + "-")), "/metadata/name");
  const Object one = insert(document), other = insert(document);
  EXPECT_TRUE(one.key.name.starts_with(name("gen") + "-")) << one.key.name;
  EXPECT_GT(one.key.name.size(), name("gen").size() + 1);
  EXPECT_NE(one.key.name, other.key.name);
}

// coordination P5
TEST_F(SchemaConformance, AnObjectWithoutANameIsInvalid) {
  EXPECT_EQ(platform().insert(without(thing("a"), "/metadata/name")).error().code, "object.invalid");
  EXPECT_EQ(platform().insert(without(thing("a"), "/metadata")).error().code, "object.invalid");
}

// coordination P5
TEST_F(SchemaConformance, WhatIsNoJsonObjectIsInvalid) {
  for (const char* document : {"", "nonsense", "[]", "null", "{}", R"({"metadata": )"})
    EXPECT_EQ(platform().insert(document).error().kind, errc::invalid) << document;
}

// coordination P5
TEST_F(SchemaConformance, ADocumentBeyondTheBoundIsInvalid) {
  const std::string huge(STOKER_OBJECT_BYTES_MAX, 'x');
  EXPECT_EQ(platform().insert(thing("a", {{"notes", {{"a", huge}}}})).error().code, "object.invalid");
}

}  // namespace
}  // namespace conformance
