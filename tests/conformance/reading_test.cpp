// Reading objects: get and list. coordination P1
#include "conformance/fixture.hpp"

namespace conformance {
namespace {

using ReadingConformance = Conformance;
using stoker::errc;

std::vector<std::string> names_of(const std::vector<Object>& objects) {
  std::vector<std::string> names;
  for (const Object& object : objects) names.push_back(object.key.name);
  return names;
}

// coordination P1
TEST_F(ReadingConformance, ReadsWhatWasInserted) {
  const Object made = insert(thing("a", {{"size", 7}}));
  EXPECT_EQ(made.key, key("a"));
  const auto read = platform().get(key("a"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, made);
  EXPECT_EQ(at(*read, "/spec/size"), 7);
  EXPECT_EQ(at(*read, "/metadata/name").as_string(), name("a"));
  EXPECT_EQ(at(*read, "/metadata/namespace").as_string(), here);
  EXPECT_EQ(at(*read, "/apiVersion"), "conformance.stoker.io/v1");
  EXPECT_EQ(at(*read, "/kind"), "Thing");
}

// coordination P1
TEST_F(ReadingConformance, ANameThatIsNotThereIsNotFound) {
  const auto read = platform().get(key("a"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, errc::not_found);
  EXPECT_EQ(read.error().code, "object.not-found");
  EXPECT_NE(read.error().message.find(name("a")), std::string::npos) << read.error().message;
}

// coordination P1
TEST_F(ReadingConformance, ASecondObjectOfTheSameNameIsRefused) {
  const Object first = insert(thing("a"));
  const auto second = platform().insert(thing("a", {{"size", 2}}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, errc::conflict);
  EXPECT_EQ(second.error().code, "object.exists");
  EXPECT_EQ(platform().get(key("a")).value_or({}), first);
}

// coordination P1
TEST_F(ReadingConformance, OfTenInsertsOfOneNameOneSucceeds) {
  const Answers answers = at_once(10, [&](int) { return platform().insert(thing("a")); });
  EXPECT_EQ(answers.succeeded, 1);
  EXPECT_EQ(answers.codes.count("object.exists"), 9u);
}

// coordination P1
TEST_F(ReadingConformance, TheSameNameInAnotherNamespaceIsAnotherObject) {
  const Object first = insert(thing("a"));
  const Object second = insert(thing_there("a"));
  EXPECT_NE(first.uid, second.uid);
  EXPECT_EQ(platform().get({things, there, name("a")}).value_or({}), second);
  EXPECT_EQ(platform().get(key("a")).value_or({}), first);
}

// coordination P1
TEST_F(ReadingConformance, GetAndListSeeEachWriteAtOnce) {
  insert(thing("a"));
  for (int size = 1; size <= 30; ++size) {
    const auto patched = platform().patch(key("a"), Part::spec, R"({"spec": {"size": )" + std::to_string(size) + "}}");
    ASSERT_TRUE(patched) << patched.error().message;
    ASSERT_EQ(platform().get(key("a")).value_or({}), *patched);
    const auto listed = platform().list(here, mine());
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->objects, std::vector<Object>{*patched});
  }
}

// coordination P1
TEST_F(ReadingConformance, ListsOneNamespaceOrAll) {
  const Object one = insert(thing("a")), other = insert(thing_there("b"));
  EXPECT_EQ(platform().list(here, mine())->objects, std::vector<Object>{one});
  EXPECT_EQ(platform().list(there, mine())->objects, std::vector<Object>{other});
  EXPECT_EQ(platform().list("", mine())->objects.size(), 2u);
}

// coordination P1
TEST_F(ReadingConformance, ListsInTheOrderOfNamespaceAndName) {
  for (const char* what : {"c", "a-b", "a", "b", "a.b", "a0"}) insert(thing(what));
  insert(thing_there("a"));
  const auto listed = platform().list("", mine());
  ASSERT_TRUE(listed);
  std::vector<std::string> wanted;
  for (const char* what : {"a", "a-b", "a.b", "a0", "b", "c"}) wanted.push_back(name(what));
  wanted.insert(here < there ? wanted.end() : wanted.begin(), name("a"));
  EXPECT_EQ(names_of(listed->objects), wanted);
}

// coordination P1
TEST_F(ReadingConformance, TheVersionOfAListIsNotBelowThatOfAnyObject) {
  const Object made = insert(thing("a"));
  const auto listed = platform().list("", mine());
  ASSERT_TRUE(listed);
  EXPECT_GE(listed->version, made.version);
  EXPECT_GT(platform().list("", mine() + ",!conformance")->version, 0u);
}

// coordination P1
TEST_F(ReadingConformance, AResourceThatIsNotThereIsNotFound) {
  EXPECT_EQ(platform().list(here, "", "nothings.conformance.stoker.io").error().kind, errc::not_found);
  EXPECT_EQ(platform().get({"nothings.conformance.stoker.io", here, "a"}).error().kind, errc::not_found);
  EXPECT_EQ(platform().watch(here, "", 0, "nothings.conformance.stoker.io").error().kind, errc::not_found);
}

struct Selection {
  const char* name;
  const char* labels;
  std::set<std::string> fits;
};
void PrintTo(const Selection& selection, std::ostream* out) { *out << selection.labels; }

std::string selection_name(const ::testing::TestParamInfo<Selection>& info) { return info.param.name; }

class SelectingReadingConformance : public Conformance, public ::testing::WithParamInterface<Selection> {};

// coordination P1
TEST_P(SelectingReadingConformance, SelectsByLabels) {
  insert(thing("x", {}, "app=x"));
  insert(thing("y", {}, "app=y"));
  insert(thing("empty", {}, "app="));
  insert(thing("other", {}, "n=5"));
  insert(thing("none"));
  const auto listed = platform().list("", mine() + "," + GetParam().labels);
  ASSERT_TRUE(listed) << listed.error().message;
  std::set<std::string> wanted;
  for (const std::string& what : GetParam().fits) wanted.insert(name(what));
  const auto names = names_of(listed->objects);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), wanted);
}

INSTANTIATE_TEST_SUITE_P(Selectors, SelectingReadingConformance,
                         ::testing::Values(Selection{"Equal", "app=x", {"x"}}, Selection{"TwiceEqual", "app==x", {"x"}},
                                           Selection{"EqualToNothing", "app=", {"empty"}},
                                           Selection{"Different", "app!=x", {"y", "empty", "other", "none"}},
                                           Selection{"In", "app in (x,y)", {"x", "y"}},
                                           Selection{"InWithBlanks", " app  in ( x , y ) ", {"x", "y"}},
                                           Selection{"InWithNothing", "app in (x,)", {"x", "empty"}},
                                           Selection{"NotIn", "app notin (x)", {"y", "empty", "other", "none"}},
                                           Selection{"There", "app", {"x", "y", "empty"}},
                                           Selection{"NotThere", "!app", {"other", "none"}},
                                           Selection{"Both", "app,app!=y", {"x", "empty"}},
                                           Selection{"Above", "n>4", {"other"}}, Selection{"Below", "n<4", {}}),
                         selection_name);

class WrongSelectorReadingConformance : public Conformance, public ::testing::WithParamInterface<const char*> {};

// coordination P1
TEST_P(WrongSelectorReadingConformance, AWrongSelectorIsInvalid) {
  const auto listed = platform().list(here, GetParam());
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, errc::invalid) << listed.error().message;
  EXPECT_EQ(platform().watch(here, GetParam(), 0).error().kind, errc::invalid);
}

INSTANTIATE_TEST_SUITE_P(Selectors, WrongSelectorReadingConformance,
                         ::testing::Values("app in x", "=x", "app=a b", "app=-x", "A!B", "app in ()", "app,", ",app",
                                           "app in (x", "-app", "a/b/c", "app=a=b"));

}  // namespace
}  // namespace conformance
