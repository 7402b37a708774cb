// The objects of a platform plugin: how a watch of it begins and ends.
#include "host/objects/platform_store.hpp"

#include "tests/support/module_host.hpp"

#include <stoker/platform.hpp>

namespace stoker::host {
namespace {

struct Asked {
  std::mutex mutex;
  std::vector<std::string> calls;
  static inline Asked* current = nullptr;
  void add(std::string call) {
    const std::lock_guard lock(mutex);
    calls.push_back(std::move(call));
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex);
    return calls;
  }
};

class EmptyPlatform final : public Platform {
 public:
  EmptyPlatform(const stoker::Config&, Host&) : asked_(*Asked::current) {}
  Result<Object> get(Call&, const ObjectKey&) override { return nothing(); }
  Result<std::uint64_t> list(Call&, const stoker::ObjectQuery&, const Out<Object>&) override {
    return std::uint64_t(1);
  }
  Result<Object> insert(Call&, std::string_view, std::string_view, std::string_view) override { return nothing(); }
  Result<Object> update(Call&, std::string_view, Part, std::string_view, std::string_view) override {
    return nothing();
  }
  Result<Object> patch(Call&, const ObjectKey&, Part, std::string_view, std::string_view) override { return nothing(); }
  Result<Object> remove(Call&, const ObjectKey&, std::string_view, std::uint64_t, std::string_view) override {
    return nothing();
  }
  Result<std::uint64_t> watch(Call&, const stoker::ObjectQuery& query, std::uint64_t) override {
    asked_.add("watch " + std::string(query.resource));
    return std::uint64_t(7);
  }
  void unwatch(std::uint64_t number) override { asked_.add("unwatch " + std::to_string(number)); }
  Result<void> next(Call&, const Out<ObjectEvent>&) override { return Error(errc::timeout, "nothing has come"); }

 private:
  static Error nothing() { return {errc::not_found, "there is nothing", "object.none"}; }
  Asked& asked_;
};

class PlatformStoreTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  PlatformStoreTest() {
    Asked::current = &asked_;
    link<EmptyPlatform>("platform-empty");
    EXPECT_TRUE(get(store_.open(false)));
  }
  ~PlatformStoreTest() override { EXPECT_TRUE(get(store_.end())); }

  Asked asked_;
  PlatformStore store_{workers, factory, services()};
};

// Who holds a watch sees that it has one: else it lists everything again and again.
TEST_F(PlatformStoreTest, AWatchThatHasBegunIsNotNullAndEndsWithItsHandle) {
  auto begun = get(store_.watch(ObjectQuery(resource::sync_targets), 1, [](const ObjectEvent&) {}));
  ASSERT_TRUE(begun);
  EXPECT_TRUE(*begun);
  EXPECT_EQ(asked_.all(), std::vector<std::string>{"watch synctargets.stoker.io"});
  begun = ObjectStore::Watch();
  EXPECT_EQ(asked_.all(), (std::vector<std::string>{"watch synctargets.stoker.io", "unwatch 7"}));
}

}  // namespace
}  // namespace stoker::host
