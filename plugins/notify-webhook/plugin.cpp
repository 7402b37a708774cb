// notify-webhook: posts the Report of a Run as it stands to one address. The host brings a message again, with the same
// key, until it was delivered or refused for good; nothing is kept here. `notify` runs on one of the host's workers,
// one call at a time.
#include "webhook.hpp"

#include <stoker/plugin.hpp>

#include <algorithm>
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

// The surrounding call with an earlier deadline: one slow receiver does not use up the host's patience.
class ShorterCall : public stoker_call {
 public:
  ShorterCall(const stoker::Call& outer, std::chrono::milliseconds limit)
      : stoker_call(*outer.raw()), outer_(outer.raw()), end_(std::chrono::steady_clock::now() + limit) {
    remaining_ms = [](const stoker_call* call) { return self(call).remaining(); };
    cancelled = [](const stoker_call* call) { return self(call).outer_->cancelled(self(call).outer_); };
    fail = [](const stoker_call* call, const stoker_error* error) {
      return self(call).outer_->fail(self(call).outer_, error);
    };
    progress = [](const stoker_call* call, std::uint64_t done, std::uint64_t total, stoker_str what) {
      self(call).outer_->progress(self(call).outer_, done, total, what);
    };
  }

 private:
  static const ShorterCall& self(const stoker_call* call) { return *static_cast<const ShorterCall*>(call); }
  std::int64_t remaining() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::min<std::int64_t>(left.count(), outer_->remaining_ms(outer_));
  }
  const stoker_call* outer_;
  std::chrono::steady_clock::time_point end_;
};

class WebhookNotifier : public stoker::Notifier {
 public:
  WebhookNotifier(const stoker::Config& config, const stoker::Host& host)
      : host_(host), settings_(Settings::from(config)) {}

  stoker::Result<void> notify(stoker::Call& call, std::string_view key, std::string_view report) override {
    const auto outcome = host_.value(report, "/outcome");
    if (!outcome) return stoker::Error(stoker::errc::invalid, "the Report has no outcome", "webhook.report");
    if (!settings_.outcomes.contains(*outcome)) return {};
    const ShorterCall shorter(call, settings_.timeout);
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
