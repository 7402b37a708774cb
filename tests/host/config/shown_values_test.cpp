// What a person writes in the wrong place must not come back in a message: a token where its reference belongs, a key
// one line too high, a password that YAML takes for an alias.
#include "host/config/config.hpp"
#include "host/config/gateway_sync.hpp"
#include "support/plugin_schemas.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

constexpr const char* canary = "ghp_CANARY0123456789";

std::string with_canary(std::string text) {
  for (std::size_t at = text.find('$'); at != text.npos; at = text.find('$', at + 1)) text.replace(at, 1, canary);
  return text;
}

std::string errors_of_sync(const std::string& spec) {
  const std::string text =
      with_canary("apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: a}\nspec:\n" + spec +
                  "  sync: {profiles: {line: {mappings: [{source: a, destination: b}]}}}\n");
  YamlFile file = parse_yaml(text, "s.yaml");
  ConfigErrors errors = std::move(file.errors);
  for (const YamlDocument& document : file.documents) (void)read_gateway_sync(document, errors);
  return errors.text();
}

std::string errors_of_auth(const std::string& auth) {
  return errors_of_sync("  git: {repo: \"https://a/b\", ref: main, auth: " + auth + "}\n");
}

std::string errors_of_config(const std::string& text) {
  return parse_config(with_canary("state: /s\nsyncs: /x\n" + text), "stoker.yaml", test::plugins()).errors.text();
}

struct Place {
  const char *name, *text;
  friend void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }
};

void expect_refused_unseen(const std::string& errors) {
  EXPECT_NE(errors, "");
  EXPECT_EQ(errors.find("CANARY"), std::string::npos) << errors;
}

// cases T31
class SecretInAuthTest : public testing::TestWithParam<Place> {};
TEST_P(SecretInAuthTest, IsRefusedAndNotShown) { expect_refused_unseen(errors_of_auth(GetParam().text)); }
INSTANTIATE_TEST_SUITE_P(
    Places, SecretInAuthTest,
    testing::Values(Place{"auth", "$"}, Place{"auth_list", "[$]"}, Place{"auth_key", "{$: }"},
                    Place{"token", "{token: $}"}, Place{"token_list", "{token: [$]}"},
                    Place{"token_key", "{token: {$: }}"}, Place{"token_reference", "{token: {secretRef: $}}"},
                    Place{"token_name", "{token: {secretRef: {name: \"$ \", key: k}}}"},
                    Place{"token_as_its_name", "{token: {secretRef: {name: $, key: k}}}"},
                    Place{"token_as_its_key", "{token: {secretRef: {name: n, key: $}}}"},
                    Place{"token_beside", "{token: {secretRef: {name: n, key: k, value: $}}}"},
                    Place{"token_value", "{token: {value: $}}"}, Place{"alias", "{token: *$}"},
                    Place{"tag", "{token: !$ x}"}, Place{"ssh_key", "{sshKey: $}"},
                    Place{"ssh_reference", "{sshKey: {secretRef: $}}"},
                    Place{"ssh_name", "{sshKey: {secretRef: {name: [$], key: k}}}"},
                    Place{"ssh_as_its_name", "{sshKey: {secretRef: {name: $, key: k}}}"},
                    Place{"ssh_key_key", "{sshKey: {secretRef: {name: n, key: k, $: }}}"},
                    Place{"passphrase", "{sshKey: {secretRef: {name: n, key: k}, passphrase: $}}"},
                    Place{"known_hosts", "{sshKey: {secretRef: {name: n, key: k}, knownHosts: $}}"},
                    Place{"ssh_value", "{sshKey: {secretRef: {name: n, key: k}, privateKey: $}}"},
                    Place{"app", "{githubApp: $}"}, Place{"app_id", "{githubApp: {appId: $}}"},
                    Place{"app_key", "{githubApp: {appId: 1, installationId: 1, privateKeySecretRef: $}}"},
                    Place{"app_key_name",
                          "{githubApp: {appId: 1, installationId: 1, privateKeySecretRef: {name: $, key: k}}}"},
                    Place{"app_url",
                          "{githubApp: {appId: 1, installationId: 1, privateKeySecretRef: {name: n, key: k}, "
                          "apiBaseURL: [$]}}"}),
    [](const auto& row) { return std::string(row.param.name); });

class SecretInSyncTest : public testing::TestWithParam<Place> {};
TEST_P(SecretInSyncTest, IsRefusedAndNotShown) { expect_refused_unseen(errors_of_sync(GetParam().text)); }
INSTANTIATE_TEST_SUITE_P(
    Places, SecretInSyncTest,
    testing::Values(Place{"git", "  git: $\n"}, Place{"repo", "  git: {repo: \"https://u:$@host/x\", ref: main}\n"},
                    Place{"api", "  git: {repo: x, ref: y}\n  gateway: {api: $}\n"},
                    Place{"api_name", "  git: {repo: x, ref: y}\n  gateway: {api: {secretName: [$]}}\n"}),
    [](const auto& row) { return std::string(row.param.name); });

class SecretInConfigTest : public testing::TestWithParam<Place> {};
TEST_P(SecretInConfigTest, IsRefusedAndNotShown) { expect_refused_unseen(errors_of_config(GetParam().text)); }
INSTANTIATE_TEST_SUITE_P(
    Places, SecretInConfigTest,
    testing::Values(
        Place{"gateway", "targets: [{name: a, sync: s, data: /a, gateway: $}]\n"},
        Place{"url", "targets: [{name: a, sync: s, data: /a, gateway: {url: $}}]\n"},
        Place{"url_scheme", "targets: [{name: a, sync: s, data: /a, gateway: {url: \"ftp://$\"}}]\n"},
        Place{"api_key", "targets: [{name: a, sync: s, data: /a, gateway: {url: \"http://a\", apiKey: $}}]\n"},
        Place{"api_key_name",
              "targets: [{name: a, sync: s, data: /a, gateway: {url: \"http://a\", apiKey: {secretRef: {name: "
              "$, key: k}}}}]\n"},
        Place{"ca", "targets: [{name: a, sync: s, data: /a, gateway: {url: \"http://a\", ca: $}}]\n"},
        Place{"ca_file", "targets: [{name: a, sync: s, data: /a, gateway: {url: \"http://a\", caFile: [$]}}]\n"},
        Place{"beside", "targets: [{name: a, sync: s, data: /a, gateway: {url: \"http://a\", $: }}]\n"},
        Place{"module", "modules: {notify-slack: $}\n"}, Place{"settings", "modules: {notify-slack: {settings: $}}\n"},
        Place{"setting", "modules: {notify-slack: {settings: {webhookUrl: [$]}}}\n"},
        Place{"setting_key", "modules: {notify-slack: {settings: {webhookUrl: x, $: }}}\n"},
        Place{"setting_beside", "modules: {notify-slack: {settings: {webhookUrl: x, url: $}}}\n"}),
    [](const auto& row) { return std::string(row.param.name); });

// cases T31
TEST(ShownValuesTest, AValueOfMoreThan64BytesIsNamedByItsLength) {
  const std::string key(65, 'k');
  for (const std::string& errors :
       {errors_of_config("role: " + key + "\n"), errors_of_config(key + ": 1\n"),
        errors_of_config("log: {modules: {" + key + ": loud}}\n"), errors_of_config("modules: {" + key + ": {}}\n"),
        errors_of_sync("  git: {repo: x, ref: y}\n  paused: " + key + "\n")}) {
    EXPECT_NE(errors, "");
    EXPECT_EQ(errors.find(key), std::string::npos) << errors;
  }
  EXPECT_NE(errors_of_config("role: " + key + "\n").find("text of 65 bytes"), std::string::npos);
}

// cases T31
TEST(ShownValuesTest, AMistypedFieldBesideASecretIsStillNamed) {
  const std::string errors = errors_of_auth("{tokn: x}");
  EXPECT_NE(errors.find("/spec/git/auth/tokn: expected \"token\", got the unknown field \"tokn\""), std::string::npos)
      << errors;
}

// cases T31
TEST(ShownValuesTest, AnAliasOfNothingAndATagSayThatTheTextNeedsQuotes) {
  EXPECT_NE(errors_of_auth("{token: *x}").find("text that begins with * needs quotes"), std::string::npos);
  EXPECT_NE(errors_of_auth("{token: !x y}").find("text that begins with ! needs quotes"), std::string::npos);
}

}  // namespace
}  // namespace stoker::host
