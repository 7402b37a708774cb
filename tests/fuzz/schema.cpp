// A settings schema as a manifest brings it, and a value as a person writes it: {"schema": ..., "value": ...}.
#include "fuzz.hpp"

#include "host/config/json_schema.hpp"
#include "host/config/validation.hpp"

#include <boost/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stoker;
  boost::system::error_code bad;
  const auto text = fuzz::text_of(data, size);
  const boost::json::value input = boost::json::parse(boost::json::string_view(text.data(), text.size()), bad);
  const boost::json::object* pair = bad ? nullptr : input.if_object();
  if (!pair || !pair->contains("schema") || !pair->contains("value")) return 0;
  const boost::json::value& schema = pair->at("schema");
  if (!host::check_schema(schema)) return 0;
  const auto found = host::validate(schema, pair->at("value"));
  fuzz::promise(found.size() <= host::violations_max, "the violations are bounded");
  const boost::json::value whole = host::complete(schema, pair->at("value"));
  if (pair->at("value").is_object()) fuzz::promise(whole.is_object(), "a map is completed to a map");
  return 0;
}
