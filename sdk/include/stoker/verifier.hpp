// What a C++ author of a verifier writes: any of the five. Contracts: stoker/abi/verifier.h.
#pragma once

#include <stoker/instance.hpp>

#include <functional>

namespace stoker {

// The host's view of a plan; valid for the call that got it.
class Plan {
 public:
  explicit Plan(const stoker_plan* plan) : plan_(plan) {}
  std::uint64_t changes_count() const { return plan_->changes_count; }
  std::string_view run() const { return view(plan_->run); }
  std::string_view digest() const { return view(plan_->digest); }
  Result<void> changes(const std::function<Result<void>(Change)>& each) const {
    auto into =
        glue::collect<stoker_change, stoker_change_sink>([&](const stoker_change& c) { return each(from_record(c)); });
    return into.ended(plan_->changes(plan_, into.sink()), "changes");
  }
  Result<void> content(std::string_view path, const std::function<Result<void>(std::string_view)>& each) const {
    auto into = glue::collect_bytes([&](std::string_view bytes) { return each(bytes); });
    return into.ended(plan_->content(plan_, str(path), into.sink()), path);
  }

 private:
  const stoker_plan* plan_;
};

// A class declares those of the five that it has, with these signatures; the table is null for the others:
//   Result<void> observe(Call&, std::string_view assignment, const Text& facts);
//   Result<void> admit(Call&, std::string_view assignment, const Plan&, const Out<Decision>&);
//   Result<void> lock(Call&, std::string_view assignment, const Plan&, const Out<Decision>&, const Text& ticket);
//   Result<void> verify(Call&, std::string_view assignment, const Plan&, std::string_view ticket, const Out<Decision>&,
//                       const Text& detail);
//   Result<void> unlock(Call&, std::string_view assignment, std::string_view ticket);
class Verifier {
 public:
  static constexpr std::string_view kind = STOKER_VERIFIER_ID;
};

namespace glue {

template <class T>
const stoker_verifier_v1* verifier_table() {
  using V = stoker_verifier;
  using C = const stoker_call;
  static const stoker_verifier_v1 table = [] {
    stoker_verifier_v1 t{};
    t.struct_size = sizeof t;
    t.create = &create<T, V>;
    t.destroy = &destroy<T, V>;
    if constexpr (requires { &T::observe; }) {
      t.observe = [](V* self, C* call, stoker_str assignment, stoker_text_sink facts) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).observe(c, view(assignment), Text(facts));
        });
      };
    }
    if constexpr (requires { &T::admit; }) {
      t.admit = [](V* self, C* call, stoker_str assignment, const stoker_plan* plan,
                   stoker_decision_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).admit(c, view(assignment), Plan(plan), Out<Decision>(out));
        });
      };
    }
    if constexpr (requires { &T::lock; }) {
      t.lock = [](V* self, C* call, stoker_str assignment, const stoker_plan* plan, stoker_decision_sink out,
                  stoker_text_sink ticket) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).lock(c, view(assignment), Plan(plan), Out<Decision>(out), Text(ticket));
        });
      };
    }
    if constexpr (requires { &T::verify; }) {
      t.verify = [](V* self, C* call, stoker_str assignment, const stoker_plan* plan, stoker_str ticket,
                    stoker_decision_sink out, stoker_text_sink detail) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).verify(c, view(assignment), Plan(plan), view(ticket), Out<Decision>(out),
                                          Text(detail));
        });
      };
    }
    if constexpr (requires { &T::unlock; }) {
      t.unlock = [](V* self, C* call, stoker_str assignment, stoker_str ticket) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).unlock(c, view(assignment), view(ticket));
        });
      };
    }
    return t;
  }();
  return &table;
}

template <class T>
requires std::derived_from<T, Verifier>
const void* table_of(std::string_view id) { return id == Verifier::kind ? verifier_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
