// What a person is told of a gateway: one Check for each thing that Runs need of it. Changes nothing and takes no lock.
// Lives for one call, on its thread.
#pragma once

#include "documents.hpp"
#include "gateway_client.hpp"
#include "on_disk.hpp"
#include "scan.hpp"

namespace ignition {

class Diagnosis {
 public:
  struct Parts {
    const GatewayClient& gateway;
    const Scan& scan;
    const stoker::Clock& clock;
    const OnDisk& disk;
    DesignerPolicy designer;
  };
  explicit Diagnosis(Parts parts) : parts_(parts) {}

  // All checks, in the order in which a person reads them; a check that fails stops no other. An error only when the
  // call was cancelled. Names of checks never change.
  stoker::Result<std::vector<stoker::Check>> make(stoker::Call& call);

 private:
  // What must be so that a question can be put.
  enum class Needs { nothing, answer, running, key };
  using Look = stoker::Check (Diagnosis::*)(stoker::Call&);
  struct Item {
    std::string_view name;
    Needs needs;
    Look look;
  };
  static const Item items[];
  stoker::Check look_at(stoker::Call& call, const Item& item);
  void begin(stoker::Call& call);
  std::string missing(Needs needs) const;  // empty: the question can be put

  stoker::Check reachable(stoker::Call&);
  stoker::Check tls(stoker::Call&);
  stoker::Check redirect(stoker::Call&);
  stoker::Check state(stoker::Call&);
  stoker::Check data_content(stoker::Call&);
  stoker::Check key_read(stoker::Call&);
  stoker::Check key_write(stoker::Call&);
  stoker::Check key_level(stoker::Call&);
  stoker::Check gateway_name(stoker::Call&);
  stoker::Check mode(stoker::Call&);
  stoker::Check redundancy(stoker::Call&);
  stoker::Check scan_lock(stoker::Call&);
  stoker::Check automatic_scans(stoker::Call&);
  stoker::Check designers(stoker::Call&);
  stoker::Check restart_pending(stoker::Call&);
  stoker::Check modules(stoker::Call&);
  stoker::Check clock(stoker::Call&);

  bool is_https() const { return parts_.gateway.address().url.starts_with("https://"); }

  Parts parts_;
  // What the first looks found.
  stoker::Result<stoker::HttpAnswer> ping_;
  std::int64_t ping_ms_ = 0;  // Unix time of this machine when the answer came
  std::optional<State> state_;
  std::string info_;  // gateway-info; empty: it could not be read
  std::optional<ScanStatus> scans_;
  std::int64_t scans_ms_ = 0;  // by the monotonic clock
};

// The time that a Date header says, as Unix seconds.
std::optional<std::int64_t> http_date(std::string_view text);

}  // namespace ignition
