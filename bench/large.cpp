#include "workers.hpp"

#include "figures.hpp"

#include <boost/json.hpp>

#include <iostream>

namespace bench {

namespace json = boost::json;

void take_large_file(const Work& work) {
  Parts parts(work.place);
  const host::CallLimits limits(std::chrono::minutes(10));
  const MemoryGrowth of_fetch;
  const Stopwatch fetching;
  const host::OpenTree tree = parts.open(work.second);
  const double fetch_ms = fetching.ms(), fetch_mib = of_fetch.mib();
  const MemoryGrowth of_run;
  const Stopwatch running;
  const std::string assignment = host::document_of(parts.briefing(work.second));
  const host::Planned planned = parts.await(parts.strategy().plan(limits, "large", assignment, tree));
  if (planned.changes.empty()) throw std::runtime_error("there is no large file");
  parts.await(parts.strategy().stage(limits, "large", tree));
  parts.await(parts.strategy().apply("large"));
  std::cout << json::serialize(json::object{{"fetchMs", fetch_ms},
                                            {"fetchMib", fetch_mib},
                                            {"runMs", running.ms()},
                                            {"runMib", of_run.mib()},
                                            {"bytes", planned.changes.begin()->bytes}})
            << "\n";
  parts.close(tree);
  parts.end();
}

}  // namespace bench
