// The two sets of routes: what the gateway answers (ignition 2) and what a test asks of the simulator.
#pragma once

#include "support/ignition_sim/machine.hpp"
#include "support/ignition_sim/server.hpp"

namespace ignition_sim {

// The web port, faults and records included.
void answer_web(Machine& machine, const Request& request, Reply reply);

// The control port. GET takes nothing, POST a JSON object (designers, sessions: an array):
//   GET  /sim/state  /sim/calls  /sim/unknown  /sim/scans  /sim/log  /sim/projects
//   GET  /sim/loaded?under=FOLDER  /sim/digest?under=FOLDER
//   POST /sim/state        {"state": "down"}
//   POST /sim/restart      {}
//   POST /sim/designers    [{"id", "user", "project"}]
//   POST /sim/sessions     [{"id", "user", "project"}] at Perspective pages
//   POST /sim/redundancy   {"role", "activity", "syncPending", "failoverPending", "projectState", "lastSyncTimestamp"}
//   POST /sim/faults       {"answers": [{"path", "method", "answer", "times", "after"}],
//                           "scan": {"projects": "stuck"}, "clockOffsetMs": 0}; replaces all answers set before
//   POST /sim/habits       as habits.hpp has them; what is not named stays
//   POST /sim/lock         {"kind", "actor", "holdTimeout"}
//   POST /sim/unlock       {"kind"}
//   POST /sim/scan         {"kind", "actor"}
//   POST /sim/save         {"user", "folder", "files": {"name": "text"}, "wait"}: 200 saved, 202 waits, 409 refused
//   POST /sim/self-writes  {}
//   POST /sim/health       {"resource", "healthy", "message"}; with "recoversAfterLooks", "recoversAfterMs": ill after
//                          each config scan, well later
void answer_control(Machine& machine, const Request& request, Reply reply);

// JSON 404 as the gateway gives it; the request is recorded as unknown.
Answer no_route(Machine& machine, const Request& request);

}  // namespace ignition_sim
