// A verifier that is written as an author may write it, rightly or wrongly: the macro says how. Only its compilation
// matters; tests/sdk/CMakeLists.txt has what the compiler must say.
#include <stoker/plugin.hpp>

namespace {

using stoker::Call, stoker::Config, stoker::Decision, stoker::Host, stoker::Out, stoker::Plan, stoker::Result,
    stoker::Text;

class Author final : public stoker::Verifier {
 public:
  Author(const Config&, Host&) {}
#if defined(RIGHT) || defined(OTHER_KIND) || defined(OTHER_ABI)
  Result<void> admit(Call&, std::string_view, const Plan&, const Out<Decision>& out) override {
    return out.put(Decision::allow());
  }
#elif defined(RIGHT_WITHOUT_OVERRIDE)
  Result<void> admit(Call&, std::string_view, const Plan&, const Out<Decision>& out) {
    return out.put(Decision::allow());
  }
#elif defined(PRIVATE)
 private:
  Result<void> admit(Call&, std::string_view, const Plan&, const Out<Decision>& out) {
    return out.put(Decision::allow());
  }
#elif defined(OVERLOADED)
  Result<void> observe(Call&, std::string_view, const Text& facts) override { return facts.put("{}"); }
  Result<void> admit(Call&, std::string_view, const Plan&, const Out<Decision>& out) override {
    return out.put(Decision::allow());
  }
  Result<void> admit(Call&, int) { return {}; }
#elif defined(WRONG)
  Result<void> observe(Call&, std::string_view, const Text& facts) override { return facts.put("{}"); }
  Result<void> admit(Call&, std::string_view, const Out<Decision>& out) { return out.put(Decision::allow()); }
#elif defined(CONSTANT)
  Result<void> admit(Call&, std::string_view, const Plan&, const Out<Decision>& out) const {
    return out.put(Decision::allow());
  }
#elif defined(NO_FUNCTION)
  int admit = 0;
#elif defined(MISSPELT)
  Result<void> admitt(Call&, std::string_view, const Plan&, const Out<Decision>& out) {
    return out.put(Decision::allow());
  }
#elif defined(MISSPELT_BESIDE)
  Result<void> observe(Call&, std::string_view, const Text& facts) override { return facts.put("{}"); }
  Result<void> admitt(Call&, std::string_view, const Plan&, const Out<Decision>& out) override {
    return out.put(Decision::allow());
  }
#elif defined(LOCK_ALONE)
  Result<void> lock(Call&, std::string_view, const Plan&, const Out<Decision>& out, const Text&) override {
    return out.put(Decision::allow());
  }
#endif
};

}  // namespace

STOKER_PLUGIN("verifier.json", Author);
