// What the manifests of shipped plugins say, as far as tests of configurations need it.
#pragma once

#include "host/config/config.hpp"

namespace stoker::host::test {

inline const PluginSchemas& plugins() {
  static const PluginSchemas all = {
      {"source-git", {"", {"stoker.source/1"}}},
      {"trigger-poll",
       {R"({"type":"object","additionalProperties":false,"properties":{"interval":{"type":"string","format":"duration","formatMinimum":"1s","formatMaximum":"24h","default":"60s"}}})",
        {"stoker.trigger/1"}}},
      {"strategy-merge", {"", {"stoker.strategy/1"}}},
      {"verify-json", {"", {"stoker.verifier/1"}}},
      {"verify-ignition", {"", {"stoker.verifier/1"}}},
      {"notify-slack",
       {R"({"type":"object","additionalProperties":false,"required":["webhookUrl"],"properties":{"webhookUrl":{"x-stoker-secret":true}}})",
        {"stoker.notifier/1"}}}};
  return all;
}

}  // namespace stoker::host::test
