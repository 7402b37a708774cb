// Which of the gateway's permissions lets Stoker's API key in, as the files of the data folder say it. Changes nothing.
#pragma once

#include "on_disk.hpp"

#include <stoker/verifier.hpp>

#include <string>
#include <string_view>

namespace ignition {

// How to make a key that the gateway lets in.
extern const std::string_view key_remedy;

// One finding. `mode`: the deployment mode that is active, empty: none. `https`: requests go over TLS.
stoker::Check check_key_level(const OnDisk& disk, const std::string& key_name, const std::string& mode, bool https);

}  // namespace ignition
