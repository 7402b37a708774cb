// What speaks against a plan before it is applied: faults that the gateway would answer with a failed start, a stopped
// pair, a resource that is not loaded, or a key that does not work any more. Changes nothing.
#pragma once

#include "footprint.hpp"
#include "gateway_client.hpp"
#include "on_disk.hpp"

namespace ignition {

// Allow, refuse (a fault of the revision) or hold (a fault of this target). For every plan, whoever is there to ask.
stoker::Result<stoker::Decision> check_plan(const stoker::Plan& plan, const Footprint& touched, const OnDisk& disk,
                                            const std::string& role, const std::string& key_name);
// What only a gateway that runs can be asked: does it have the secret providers that the plan's resources refer to?
stoker::Result<stoker::Decision> check_references(stoker::Call& call, const GatewayClient& gateway,
                                                  const stoker::Plan& plan, const Footprint& touched,
                                                  const OnDisk& disk);
// May a key that holds `key` do what needs `wanted`? A gateway lets no API key in by a level of three parts or more; a
// bare "Authenticated" lets every key in, and an empty list everybody.
bool admits_key(const Levels& wanted, const Levels& key);

}  // namespace ignition
