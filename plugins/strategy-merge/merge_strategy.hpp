// The strategy changes the files of one target in place. There is one instance for each target, and it gets one call at
// a time. It keeps the plan of the current Run between calls; everything else is in Stoker's folder beside the tree.
#pragma once

#include "plan.hpp"
#include "target.hpp"

#include <stoker/strategy.hpp>

namespace stoker::merge {

class MergeStrategy : public Strategy {
 public:
  MergeStrategy(const Config& config, const Host& host);
  Result<void> recover(Call&, std::string_view keep, const Out<Change>&, const Out<Note>&, const Text& state) override;
  Result<void> plan(Call&, std::string_view run, std::string_view assignment, const View&, const Out<Change>&,
                    const Out<Note>&, const Out<Decision>&) override;
  Result<void> content(Call&, std::string_view run, const View&, std::string_view path, const Bytes&) override;
  Result<void> adopt(Call&, std::string_view run) override;
  Result<void> stage(Call&, std::string_view run, const View&) override;
  Result<void> apply(Call&, std::string_view run, const Out<Note>&) override;
  Result<void> revert(Call&, std::string_view run, const Out<Change>&, const Out<Note>&) override;
  Result<void> forget(Call&, std::string_view run) override;
  Result<void> inspect(Call&, std::string_view run, const Out<Change>&, const Out<Note>&) override;

 private:
  Result<Plan*> planned(std::string_view run);
  Result<void> sweep(std::string_view keep);
  Result<bool> settle(const ChangeSet& set, const Out<Change>& changes, const Out<Note>& notes);
  void sweep_reference();

  Log log_;
  Preset preset_;
  Target target_;
  std::optional<Plan> plan_;
};

}  // namespace stoker::merge
