#include "host/values/facts.hpp"

#include "host/values/document_parts.hpp"

namespace stoker::host {

std::string_view name(GatewayState state) {
  switch (state) {
    case GatewayState::unknown: return "";
    case GatewayState::down: return "down";
    case GatewayState::starting: return "starting";
    case GatewayState::commissioning: return "commissioning";
    case GatewayState::running: return "running";
    case GatewayState::faulted: return "faulted";
  }
  return "";
}

std::optional<GatewayState> gateway_state_of(std::string_view text) {
  for (const GatewayState state : {GatewayState::unknown, GatewayState::down, GatewayState::starting,
                                   GatewayState::commissioning, GatewayState::running, GatewayState::faulted})
    if (name(state) == text) return state;
  return std::nullopt;
}

std::string_view name(Role role) {
  switch (role) {
    case Role::independent: return "independent";
    case Role::master: return "master";
    case Role::backup: return "backup";
  }
  return "independent";
}

std::optional<Role> role_of(std::string_view text) {
  for (const Role role : {Role::independent, Role::master, Role::backup})
    if (name(role) == text) return role;
  return std::nullopt;
}

Result<Facts> facts_from_json(std::string_view text) {
  JsonDocument document(text);
  const JsonFields fields = document.fields();
  Facts facts;
  facts.state = fields.one_of("state", gateway_state_of, GatewayState::unknown);
  if (facts.state == GatewayState::unknown) fields.wrong("state", "is missing");
  facts.role = fields.one_of("role", role_of, facts.role);
  if (fields.has("active")) facts.active = fields.flag("active");
  facts.version = fields.text("version");
  facts.started = fields.text("started");
  if (fields.has("designers")) facts.designers = fields.number("designers");
  facts.hold = hold_in(fields);
  if (document.fault().found())
    return Error(errc::internal, "facts: " + document.fault().text(), "host.plugin-misbehaving");
  return facts;
}

}  // namespace stoker::host
