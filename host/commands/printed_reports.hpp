// How `stoker sync` shows Reports, and the exit code that they mean. Pure. [any thread]
#pragma once

#include "host/commands/sync.hpp"
#include "host/values/report.hpp"

namespace stoker::host {

void print_reports(const std::vector<Report>& reports, const SyncOptions& options, std::ostream& out);
// A failure determines the exit code before a hold does.
int exit_code_of(const std::vector<Report>& reports);

}  // namespace stoker::host
