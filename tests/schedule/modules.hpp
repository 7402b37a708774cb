// What a Run talks to: a source in memory, a verifier of the world's gateway, and the built strategy-merge with its C
// table between, so that the rules see each call begin and end. All belong to World::current.
#pragma once

#include "rules.hpp"

#include <stoker/source.hpp>
#include <stoker/strategy.hpp>
#include <stoker/verifier.hpp>

namespace stoker::schedule {

class WorldSource final : public Source {
 public:
  WorldSource(const Config&, Host&) {}
  Result<void> resolve(Call&, const std::vector<std::string_view>& refs, const Out<Resolved>& out,
                       const Out<Note>&) override;
  Result<std::unique_ptr<Tree>> open(Call&, std::string_view revision) override;
};

// Stateless, as verifiers are: what verify needs of lock is in the ticket.
class GatewayVerifier final : public Verifier {
 public:
  GatewayVerifier(const Config&, Host& host) : host_(host) {}
  Result<void> observe(Call&, std::string_view, const Text& facts);
  Result<void> admit(Call&, std::string_view assignment, const stoker::Plan&, const Out<Decision>& out);
  Result<void> lock(Call&, std::string_view assignment, const stoker::Plan&, const Out<Decision>& out,
                    const Text& ticket);
  Result<void> verify(Call& call, std::string_view assignment, const stoker::Plan&, std::string_view ticket,
                      const Out<Decision>& out, const Out<Note>&, const Text& detail);
  Result<void> unlock(Call&, std::string_view, std::string_view);

 private:
  Result<void> judge(Call& call, std::string_view assignment, const stoker::Plan&, std::string_view ticket,
                     const Out<Decision>& out, const Out<Note>&, const Text& detail);
  Host& host_;
};

// The table of STOKER_PLUGIN_DIR/strategy-merge.so, watched.
const stoker_strategy_v1* watched_strategy();

}  // namespace stoker::schedule
