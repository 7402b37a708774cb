// Walks the tree of a template. Variables lie on a stack, as Go's text/template has them: a block takes away what was
// declared in it. What failed is kept in error_, and each function that may fail says so by its answer.
#include "functions.hpp"
#include "parser.hpp"

#include <algorithm>

namespace stoker::merge::templates {
namespace {

using Answer = std::optional<Value>;
using Kind = Value::Kind;

const Texts nothing;

class Renderer {
 public:
  Renderer(const Tree& tree, const Values& values, const Budget& budget)
      : tree_(tree), values_(values), work_(budget), variables_{{"$", Value::root()}} {}
  Result<Rendered> render();

 private:
  enum class Flow { on, leave, next, failed };
  struct Variable {
    std::string_view name;
    Value value;
  };

  Flow walk(const std::vector<Block>& blocks, const Value& dot);
  Flow walk(const Block& block, const Value& dot);
  Flow branch(const Block& block, const Value& dot);
  Flow range(const Block& block, const Value& dot);
  Flow round(const Block& block, const Value& key, const Value& element);
  bool print(const Block& block, const Value& dot);
  bool put(std::string_view text, std::uint32_t at);

  Answer pipeline(const Pipeline& pipeline, const Value& dot);
  Answer command(const Command& command, const Value& dot, const Value* last);
  Answer call(const Command& command, const Value& dot, const Value* last);
  Answer choose(const Command& command, const Value& dot, const Value* last, bool until);
  Answer operand(const Operand& operand, const Value& dot);
  Answer fields(const Operand& operand, Value of);
  Answer field(const Operand& operand, const Value& of, std::string_view name);
  Answer root_field(const Operand& operand, std::string_view name);
  bool truth(const Value& value);
  bool assign(const Pipeline& pipeline, std::size_t which, const Value& value);

  Answer fail(std::uint32_t at, const std::string& why, std::string_view code = "merge.bad-template");
  Answer fail_function(std::uint32_t at, std::string_view name);
  bool spend(std::uint32_t at);

  const Tree& tree_;
  const Values& values_;
  Workspace work_;
  std::vector<Variable> variables_;
  std::string out_;
  std::optional<Error> error_;
};

// What people wrote, for messages: `.Vars.line`.
std::string written(const Operand& operand) {
  std::string text = operand.kind == Operand::Kind::pipeline ? "(…)" : std::string(operand.name);
  for (const std::string_view field : operand.fields) text += "." + std::string(field);
  return text.empty() ? "." : text;
}

Result<Rendered> Renderer::render() {
  if (walk(tree_.blocks, Value::root()) == Flow::failed) return std::move(*error_);
  return Rendered{std::move(out_), std::move(work_.uses)};
}

Answer Renderer::fail(std::uint32_t at, const std::string& why, std::string_view code) {
  if (!error_) error_ = Error(errc::invalid, place_of(tree_.source, tree_.name, at) + why, std::string(code));
  return std::nullopt;
}

Answer Renderer::fail_function(std::uint32_t at, std::string_view name) {
  const bool limit = work_.code == "merge.template-limit";
  return fail(at, (limit ? "" : std::string(name) + ": ") + work_.why, work_.code);
}

bool Renderer::spend(std::uint32_t at) { return work_.spend(1) || fail_function(at, {}); }

// ---- blocks

Renderer::Flow Renderer::walk(const std::vector<Block>& blocks, const Value& dot) {
  for (const Block& block : blocks)
    if (const Flow flow = walk(block, dot); flow != Flow::on) return flow;
  return Flow::on;
}

Renderer::Flow Renderer::walk(const Block& block, const Value& dot) {
  if (!spend(block.at)) return Flow::failed;
  switch (block.kind) {
    case Block::Kind::text: return put(block.text, block.at) ? Flow::on : Flow::failed;
    case Block::Kind::action: return print(block, dot) ? Flow::on : Flow::failed;
    case Block::Kind::leave: return Flow::leave;
    case Block::Kind::next: return Flow::next;
    case Block::Kind::branch:
    case Block::Kind::with:
    case Block::Kind::range: break;
  }
  const std::size_t known = variables_.size();
  const Flow flow = block.kind == Block::Kind::range ? range(block, dot) : branch(block, dot);
  variables_.resize(known);
  return flow;
}

bool Renderer::put(std::string_view text, std::uint32_t at) {
  if (text.size() > work_.budget.output_bytes - out_.size())
    return fail(at, "the template makes more than " + std::to_string(work_.budget.output_bytes) + " bytes",
                "merge.template-limit")
        .has_value();
  out_ += text;
  return true;
}

bool Renderer::print(const Block& block, const Value& dot) {
  const auto value = pipeline(block.pipeline, dot);
  if (!value) return false;
  if (!block.pipeline.variables.empty()) return true;
  if (value->kind == Kind::text) return put(value->text, block.at);
  if (value->kind == Kind::nil) return put("<no value>", block.at);
  const auto text = printed(*value);
  if (text) return put(*text, block.at);
  const std::string what = value->kind == Kind::map ? "the map ." + std::string(value->text) : "all values (.)";
  return fail(block.at, what + " cannot be printed as a whole; name a key, or use {{range}}").has_value();
}

bool Renderer::truth(const Value& value) {
  if (value.kind == Kind::map) work_.read(value);
  return value.truth();
}

Renderer::Flow Renderer::branch(const Block& block, const Value& dot) {
  const auto value = pipeline(block.pipeline, dot);
  if (!value) return Flow::failed;
  if (!truth(*value)) return walk(block.otherwise, dot);
  return walk(block.body, block.kind == Block::Kind::with ? *value : dot);
}

Renderer::Flow Renderer::range(const Block& block, const Value& dot) {
  const auto over = pipeline(block.pipeline, dot);
  if (!over) return Flow::failed;
  if (over->kind == Kind::nil) return walk(block.otherwise, dot);
  if (over->kind != Kind::map) {
    fail(block.pipeline.at, "{{range}} goes over .Vars or .Labels, and not over " + std::string(type_name(over->kind)));
    return Flow::failed;
  }
  work_.read(*over);
  if (over->entries->empty()) return walk(block.otherwise, dot);
  for (const auto& [key, text] : *over->entries) {
    const Flow flow = round(block, Value::of(std::string_view(key)), Value::of(std::string_view(text)));
    if (flow == Flow::failed) return flow;
    if (flow == Flow::leave) break;
  }
  return Flow::on;
}

// One variable is the element; of two the first one is the key.
Renderer::Flow Renderer::round(const Block& block, const Value& key, const Value& element) {
  if (!spend(block.at)) return Flow::failed;
  const std::size_t known = variables_.size();
  const std::size_t count = block.pipeline.variables.size();
  if (count == 1 && !assign(block.pipeline, 0, element)) return Flow::failed;
  if (count == 2 && (!assign(block.pipeline, 0, key) || !assign(block.pipeline, 1, element))) return Flow::failed;
  const Flow flow = walk(block.body, element);
  variables_.resize(known);
  return flow;
}

// Sets a variable of a pipeline that is there already: declared by it, or before it.
bool Renderer::assign(const Pipeline& pipeline, std::size_t which, const Value& value) {
  const std::string_view name = pipeline.variables[which];
  if (!pipeline.assigns) {  // the pipeline of a range declared them last
    variables_[variables_.size() - pipeline.variables.size() + which].value = value;
    return true;
  }
  const auto found =
      std::find_if(variables_.rbegin(), variables_.rend(), [&](const Variable& one) { return one.name == name; });
  if (found == variables_.rend())
    return fail(pipeline.at, "variable " + std::string(name) + " is not defined").has_value();
  found->value = value;
  return true;
}

// ---- pipelines

Answer Renderer::pipeline(const Pipeline& pipeline, const Value& dot) {
  Answer value;
  for (const Command& one : pipeline.commands) {
    const Answer last = value;
    value = command(one, dot, last ? &*last : nullptr);
    if (!value) return value;
  }
  for (std::size_t i = 0; i < pipeline.variables.size(); ++i) {
    if (!pipeline.assigns)
      variables_.push_back({pipeline.variables[i], *value});
    else if (!assign(pipeline, i, *value))
      return std::nullopt;
  }
  return value;
}

Answer Renderer::command(const Command& command, const Value& dot, const Value* last) {
  const Operand& first = command.front();
  if (first.kind == Operand::Kind::function) return call(command, dot, last);
  if (command.size() > 1 || last)
    return fail(first.at, "'" + written(first) + "' is a value and no function, so nothing stands behind it" +
                              (last ? ", and nothing is piped into it" : ""));
  if (first.kind == Operand::Kind::constant && first.constant.kind == Kind::nil)
    return fail(first.at, "nil is not a value on its own");
  return operand(first, dot);
}

Answer Renderer::call(const Command& command, const Value& dot, const Value* last) {
  const Operand& name = command.front();
  const Function& function = *find_function(name.name);
  const std::size_t count = command.size() - 1 + (last ? 1 : 0);
  if (count < function.least || count > function.most)
    return fail(name.at, "wrong number of arguments for " + std::string(name.name) + ": " + std::to_string(count));
  if (!function.call) return choose(command, dot, last, name.name == "or");
  std::vector<Value> arguments;
  arguments.reserve(count);
  for (std::size_t i = 1; i < command.size(); ++i) {
    const auto value = operand(command[i], dot);
    if (!value) return value;
    arguments.push_back(*value);
  }
  if (last) arguments.push_back(*last);
  if (!spend(name.at)) return std::nullopt;
  const auto answer = function.call(arguments, work_);
  return answer ? answer : fail_function(name.at, name.name);
}

// `and`: the first argument that is not true, `or`: the first one that is; else the last. What stands behind it is not
// evaluated.
Answer Renderer::choose(const Command& command, const Value& dot, const Value* last, bool until) {
  Answer value;
  for (std::size_t i = 1; i < command.size(); ++i) {
    value = operand(command[i], dot);
    if (!value || truth(*value) == until) return value;
  }
  return last ? *last : value;
}

Answer Renderer::operand(const Operand& operand, const Value& dot) {
  if (!spend(operand.at)) return std::nullopt;
  switch (operand.kind) {
    case Operand::Kind::constant: return operand.constant;
    case Operand::Kind::dot: return dot;
    case Operand::Kind::field: return fields(operand, dot);
    case Operand::Kind::function: {
      const Function& function = *find_function(operand.name);
      if (function.least > 0)
        return fail(operand.at, "wrong number of arguments for " + std::string(operand.name) + ": 0");
      const auto answer = function.call({}, work_);
      return answer ? answer : fail_function(operand.at, operand.name);
    }
    case Operand::Kind::variable: {
      const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                      [&](const Variable& one) { return one.name == operand.name; });
      if (found == variables_.rend())
        return fail(operand.at, "variable " + std::string(operand.name) + " is not defined");
      return fields(operand, found->value);
    }
    case Operand::Kind::pipeline: break;
  }
  const auto value = pipeline(*operand.pipeline, dot);
  return value ? fields(operand, *value) : value;
}

Answer Renderer::fields(const Operand& operand, Value of) {
  for (const std::string_view name : operand.fields) {
    const auto value = field(operand, of, name);
    if (!value) return value;
    of = *value;
  }
  return of;
}

Answer Renderer::field(const Operand& operand, const Value& of, std::string_view name) {
  if (of.kind == Kind::root) return root_field(operand, name);
  if (of.kind != Kind::map)
    return fail(operand.at, written(operand) + ": a value of type " + std::string(type_name(of.kind)) +
                                " has no field '" + std::string(name) + "'");
  work_.read(of, name);
  const auto found = of.entries->find(name);
  if (found != of.entries->end()) return Value::of(std::string_view(found->second));
  return fail(operand.at,
              written(operand) + ": there is no '" + std::string(name) + "' in ." + std::string(of.text) +
                  "; set it, or write {{index ." + std::string(of.text) + " \"" + std::string(name) +
                  "\"}}, which is empty without it",
              "merge.missing-value");
}

Answer Renderer::root_field(const Operand& operand, std::string_view name) {
  if (name == "Labels") return Value::of_map("Labels", values_.labels ? *values_.labels : nothing);
  if (name == "Vars") return Value::of_map("Vars", values_.vars ? *values_.vars : nothing);
  Answer value;
  if (name == "GatewayName") value = Value::of(values_.gateway_name);
  if (name == "PodName") value = Value::of(values_.pod_name);
  if (name == "PodOrdinal") value = Value::of(values_.pod_ordinal);
  if (name == "Namespace") value = Value::of(values_.name_space);
  if (name == "CRName") value = Value::of(values_.cr_name);
  if (name == "Ref") value = Value::of(values_.ref);
  if (name == "Commit") value = Value::of(values_.commit);
  if (!value)
    return fail(operand.at, written(operand) + ": there is no value '" + std::string(name) +
                                "'; there are GatewayName, PodName, PodOrdinal, Namespace, CRName, Ref, Commit, "
                                "Labels and Vars");
  work_.uses.emplace(name);
  return value;
}

}  // namespace

Template::Template(std::unique_ptr<const Tree> tree) : tree_(std::move(tree)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::parse(std::string text, std::string name) {
  auto tree = parse_tree(std::move(text), std::move(name));
  if (!tree) return std::move(tree).error();
  return Template(std::move(tree).value());
}

Result<Rendered> Template::render(const Values& values, const Budget& budget) const {
  return Renderer(*tree_, values, budget).render();
}

Result<Rendered> render_content(std::string text, std::string name, const Values& values, const Budget& budget) {
  if (const std::size_t at = text.find('\0'); at != std::string::npos)
    return Error(errc::invalid,
                 place_of(text, name, at) +
                     "a NUL byte, so this file is no text and cannot be a template; exclude it, or map it "
                     "without `template: true`",
                 "merge.bad-template");
  auto read = Template::parse(std::move(text), std::move(name));
  if (!read) return std::move(read).error();
  return read->render(values, budget);
}

Result<Rendered> render_short(std::string_view text, std::string_view pointer, const Values& values) {
  auto read = Template::parse(std::string(text), std::string(pointer));
  if (!read) return std::move(read).error();
  Budget budget;
  budget.output_bytes = short_bytes_max;
  budget.steps = 100'000;
  return read->render(values, budget);
}

}  // namespace stoker::merge::templates
