// notify-webhook: posts the Report of a Run unchanged to one address. The host calls again with the same key until the
// Report is delivered or refused for good, so the plugin stores nothing. `notify` runs on a worker of the host, one
// call at a time.
#include "webhook.hpp"

#include <stoker/plugin.hpp>
#include <stoker/shorter_call.hpp>

#include <set>

namespace {

struct Settings {
  webhook::Endpoint endpoint;
  stoker::Secret secret;
  std::set<std::string> outcomes;
  std::chrono::milliseconds timeout;
  std::string ca;

  static Settings from(const stoker::Config& config) {
    auto endpoint = webhook::endpoint(config.text("/settings/url"), config.flag("/settings/allowHttp"));
    if (!endpoint) throw std::invalid_argument(endpoint.error().message);
    Settings settings{std::move(endpoint).value(),
                      config.secret("/settings/secret"),
                      {},
                      config.duration("/settings/timeout", std::chrono::seconds(10)),
                      config.text("/settings/ca")};
    for (const std::string& index : config.keys("/settings/on"))
      settings.outcomes.insert(config.text("/settings/on/" + index));
    return settings;
  }
};

class WebhookNotifier : public stoker::Notifier {
 public:
  WebhookNotifier(const stoker::Config& config, const stoker::Host& host)
      : host_(host), settings_(Settings::from(config)) {}

  stoker::Result<void> notify(stoker::Call& call, std::string_view key, std::string_view report) override {
    const auto outcome = host_.value(report, "/outcome");
    if (!outcome) return stoker::Error(stoker::errc::invalid, "the Report has no outcome", "webhook.report");
    if (!settings_.outcomes.contains(*outcome)) return {};
    const stoker::ShorterCall shorter(call, settings_.timeout);
    stoker::Call limited(&shorter);
    auto answer = host_.http_client().send(limited, request(key, *outcome, report));
    if (!answer) return std::move(answer).error().in("webhook: " + settings_.endpoint.host);
    return webhook::judge(*answer, settings_.endpoint);
  }

 private:
  stoker::HttpRequest request(std::string_view key, const std::string& outcome, std::string_view report) const {
    stoker::HttpRequest request;
    request.method = "POST";
    request.url = settings_.endpoint.url;
    request.headers = {
        {"Content-Type", "application/json"}, {"Idempotency-Key", std::string(key)}, {"X-Stoker-Event", outcome}};
    if (!settings_.secret.empty())
      request.headers.emplace_back("X-Stoker-Signature-256", webhook::signature(settings_.secret.reveal(), report));
    request.body = report;
    request.ca = settings_.ca;
    return request;
  }

  const stoker::Host& host_;
  const Settings settings_;
};

}  // namespace

STOKER_PLUGIN("plugin.json", WebhookNotifier);
