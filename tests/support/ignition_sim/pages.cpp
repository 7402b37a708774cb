// See pages.hpp.
#include "support/ignition_sim/pages.hpp"

#include <boost/json.hpp>

namespace ignition_sim {
namespace {

namespace json = boost::json;

std::string_view reason(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 500: return "Server Error";
    case 503: return "Service Unavailable";
    default: return "Error";
  }
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else
      safe += c;
  }
  return safe;
}

}  // namespace

Answer json_answer(const json::value& value, int status) {
  return {.status = status, .body = json::serialize(value), .headers = {}};
}

Answer html_error(int status, const std::string& path, const std::string& message) {
  const std::string said = escaped(message.empty() ? std::string(reason(status)) : message);
  const std::string title = std::to_string(status) + ' ' + said;
  return {.status = status,
          .type = "text/html;charset=iso-8859-1",
          .body =
              "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=ISO-8859-1\"/>\n"
              "<title>Error " +
              title + "</title>\n</head>\n<body><h2>HTTP ERROR " + title +
              "</h2>\n<table>\n"
              "<tr><th>URI:</th><td>" +
              escaped(path) + "</td></tr>\n<tr><th>STATUS:</th><td>" + std::to_string(status) +
              "</td></tr>\n<tr><th>MESSAGE:</th><td>" + said + "</td></tr>\n</table>\n</body>\n</html>\n",
          .headers = {}};
}

Answer redirect(const std::string& location) {
  return {.status = 302, .type = {}, .body = {}, .headers = {{"Location", location}}};
}

Answer no_such_route(const Request& request) {
  return json_answer(
      json::object{{"message", "No route match for path: " + request.path}, {"url", request.path}, {"status", "404"}},
      404);
}

}  // namespace ignition_sim
