// `stoker doctor`: one screen for each target with all that its Runs need, and what to do about what is bad. With
// `--probe` it tries out how one gateway behaves. Called by main, once.
#pragma once

#include "host/roles/process.hpp"

#include <functional>
#include <iosfwd>
#include <string>

namespace stoker::host {

struct DoctorOptions : ProcessOptions {
  std::string target;  // "press-1" or "st/press-1"; empty: all
  bool json = false, probe = false;
  bool yes = false;  // the probe is agreed to
};

// Asks a person a question; true: yes. Empty: there is no person to ask.
using Agree = std::function<bool(const std::string& question)>;

// Exit codes: ok (also with warnings), failed (at least one check failed), bad usage (the configuration is wrong, there
// is no such target, or nobody agreed to the probe).
int doctor(DoctorOptions options, const Agree& agree, std::ostream& out, std::ostream& err);

// What is printed of an examination; text has one screen for each target.
void print_text(const Examined& examined, std::ostream& out);
void print_json(const Examined& examined, std::ostream& out);

}  // namespace stoker::host
