// verify-ignition: the entry of the plugin.
#include "ignition_verifier.hpp"

#include <stoker/plugin.hpp>

STOKER_PLUGIN("plugin.json", ignition::IgnitionVerifier);
