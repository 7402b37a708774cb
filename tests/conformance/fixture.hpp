// Conformance: the fixture of the suite. A test writes Things with a label of its own in two namespaces, and takes them
// away at its end, so that it may run beside others on a platform that has other objects too.
//
// The namespaces are those of STOKER_CONFORMANCE_NAMESPACES, two names with a comma between them. Where namespaces are
// objects themselves, they have to be there.
#pragma once

#include "conformance/client.hpp"
#include "conformance/thing.hpp"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace conformance {

namespace json = boost::json;
using Op = ObjectEvent::Op;

// The platform that is tested. main makes it before the first test.
Client& platform();
void set_platform(Client* client);

// The value at a JSON pointer, null where there is none; and the document with another value there.
json::value at(const Object& object, const std::string& pointer);
json::value at(const std::string& document, const std::string& pointer);
std::string with(const std::string& document, const std::string& pointer, const json::value& value);
std::string without(const std::string& document, const std::string& pointer);
std::string pretty(const std::vector<ObjectEvent>& events);  // "added a@5, changed a@6"

class Conformance : public ::testing::Test {
 protected:
  Conformance();
  ~Conformance() override;

  // A name that no other test has, and that is the same each time that this test asks for it.
  std::string name(const std::string& what) const { return mine_ + "-" + what; }
  ObjectKey key(const std::string& what) const { return {things, here, name(what)}; }
  std::string mine() const { return "conformance=" + mine_; }  // a selector for what this test has made

  // A document, with `spec.name` and the label of this test; a label beside it as "line=a".
  std::string thing(const std::string& what, const json::object& spec = {}, const std::string& label = "") const;
  std::string thing_there(const std::string& what, const std::string& label = "") const;  // in the other namespace
  Object insert(const std::string& document) const;
  std::uint64_t version_now() const;
  std::uint64_t watch_mine(std::uint64_t from, const std::string& more = "", const std::string& name_space = "");
  // What a watch of this test is told up to now: makes one more object, and waits until it is told of that.
  std::vector<ObjectEvent> told_up_to_now(std::uint64_t watch, const std::string& label = "");

  std::string here, there;  // the namespaces

 private:
  std::string mine_;
  std::vector<std::uint64_t> watches_;
  int marks_ = 0;
};

// How each of them was answered, in parallel: how many succeeded, and the codes of the others.
struct Answers {
  int succeeded = 0;
  std::multiset<std::string> codes;
};
Answers at_once(int count, const std::function<Result<Object>(int)>& write);

}  // namespace conformance
