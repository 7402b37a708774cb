// Runs the conformance suite on one platform; see client.hpp for how it is named.
#include "conformance/fixture.hpp"

#include <algorithm>
#include <iostream>
#include <optional>

int main(int count, char** arguments) {
  const bool lists = std::any_of(arguments, arguments + count, [](const char* argument) {
    return std::string_view(argument) == "--gtest_list_tests";
  });
  ::testing::InitGoogleTest(&count, arguments);
  try {
    std::optional<conformance::Client> client;
    if (!lists) conformance::set_platform(&client.emplace());
    return RUN_ALL_TESTS();
  } catch (const std::exception& wrong) {
    std::cerr << wrong.what() << '\n';
    return 2;
  }
}
