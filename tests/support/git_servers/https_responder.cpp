// See https_responder.hpp.
#include "https_responder.hpp"

#include "hostile_wire.hpp"

#include <algorithm>

namespace git_servers {
namespace {

constexpr std::size_t request_bytes_max = 1 << 20;
constexpr auto slow_pace = std::chrono::milliseconds(100);

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string line_of(std::string& rest) {
  const std::string line = rest.substr(0, rest.find("\r\n"));
  rest.erase(0, line.size() + 2);
  return line;
}

// False: the client went away before it had asked.
bool read_request(Wire& wire, HttpsResponder::Request& request) {
  std::string heard;
  const auto hear = [&] {
    const std::string more = wire.hear();
    heard += more;
    return !more.empty() && heard.size() < request_bytes_max;
  };
  while (heard.find("\r\n\r\n") == heard.npos)
    if (!hear()) return false;
  std::string head = heard.substr(0, heard.find("\r\n\r\n") + 2);
  heard.erase(0, head.size() + 2);
  const std::string first = line_of(head);
  request.method = first.substr(0, first.find(' '));
  request.target = first.substr(request.method.size() + 1, first.rfind(' ') - request.method.size() - 1);
  while (!head.empty()) {
    const std::string line = line_of(head);
    const auto colon = line.find(": ");
    if (colon != line.npos) request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  const auto length = request.headers.find("content-length");
  while (length != request.headers.end() && heard.size() < std::stoul(length->second))
    if (!hear()) return false;
  request.body = heard;
  return true;
}

}  // namespace

HttpsResponder::HttpsResponder(const std::optional<certificates::Authority>& authority, Answering answering)
    : tls_(authority ? tls_context(authority->sign()) : nullptr),
      answering_(std::move(answering)),
      server_([this](int socket) { serve(socket); }) {}

void HttpsResponder::serve(int socket) {
  if (tls_) {
    TlsWire wire(socket, tls_.get());
    if (wire.shook_hands()) serve(wire);
  } else {
    PlainWire wire(socket, socket);
    serve(wire);
  }
}

void HttpsResponder::serve(Wire& wire) {
  Request request;
  if (!read_request(wire, request)) return;
  const Answer answer = answering_(request);
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request);
  }
  if (answer.silent) {
    wire.stays(std::chrono::minutes(2));
    return;
  }
  const std::string length =
      answer.endless ? std::string() : "Content-Length: " + std::to_string(answer.body.size() * answer.times) + "\r\n";
  bool heard = wire.say("HTTP/1.1 " + std::to_string(answer.status) + " -\r\n" + length + answer.headers +
                        "Connection: close\r\n\r\n");
  if (answer.slow) {
    for (std::size_t i = 0; heard && i < answer.body.size(); ++i)
      heard = wire.say(answer.body.substr(i, 1)) && wire.stays(slow_pace);
    return;
  }
  for (std::size_t said = 0; heard && !answer.body.empty() && (answer.endless || said < answer.times); ++said)
    heard = wire.say(answer.body);
}

std::vector<HttpsResponder::Request> HttpsResponder::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

}  // namespace git_servers
