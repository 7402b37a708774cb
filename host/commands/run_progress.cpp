#include "host/commands/run_progress.hpp"

#include "host/base/printable.hpp"
#include "host/base/utf8.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

namespace stoker::host {
namespace {

constexpr std::size_t name_bytes_max = 64;

std::string seconds(std::int64_t ms) { return std::to_string(ms / 1000) + " s"; }

// "press-1: apply, 12 changes, 7 s"
std::string words_of(const ShownStep& step, std::int64_t ms) {
  std::string text = printable(step.target, name_bytes_max) + ": " + printable(step.stage, name_bytes_max);
  if (step.changes > 0) text += ", " + std::to_string(step.changes) + (step.changes == 1 ? " change" : " changes");
  return text + ", " + seconds(ms);
}

}  // namespace

void RunProgress::show(const std::vector<ShownStep>& steps, const std::string& waits_for, std::int64_t waited_ms) {
  if (form_ == Form::terminal) show_line(steps, waits_for, waited_ms);
  if (form_ == Form::lines) add_lines(steps);
}

// The last column stays free, or some terminals begin a new line.
void RunProgress::show_line(const std::vector<ShownStep>& steps, const std::string& waits_for, std::int64_t waited_ms) {
  std::string line;
  for (const ShownStep& step : steps) line += (line.empty() ? "" : "; ") + words_of(step, step.run_ms);
  if (line.empty())
    line = (waits_for.empty() ? "waiting" : "waiting for " + printable(waits_for, name_bytes_max)) + ", " +
           seconds(waited_ms);
  line = std::string(beginning(line, std::max<std::size_t>(columns_, 2) - 1));
  if (line == line_) return;
  err_ << "\r\033[K" << line << "\r" << std::flush;  // what is logged meanwhile is written over it
  line_ = std::move(line);
}

void RunProgress::add_lines(const std::vector<ShownStep>& steps) {
  std::map<std::string, std::string> now;
  for (const ShownStep& step : steps) {
    const auto before = at_.find(step.target);
    const bool is_new = before == at_.end() || before->second != step.stage;
    if (step.run_ms < long_run_ms) continue;
    if (is_new) err_ << words_of(step, step.run_ms) << std::endl;
    now[step.target] = step.stage;
  }
  at_ = std::move(now);
}

void RunProgress::clear() {
  if (!line_.empty()) err_ << "\r\033[K" << std::flush;
  line_.clear();
}

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace stoker::host
