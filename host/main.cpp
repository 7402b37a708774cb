// The program stoker: reads the arguments and calls one command. The commands are in commands/.
#include "host/base/standard_streams.hpp"
#include "host/commands/apply.hpp"
#include "host/commands/completion.hpp"
#include "host/commands/config.hpp"
#include "host/commands/describe.hpp"
#include "host/commands/diff.hpp"
#include "host/commands/doctor.hpp"
#include "host/commands/exit_code.hpp"
#include "host/commands/explain.hpp"
#include "host/commands/get.hpp"
#include "host/commands/history.hpp"
#include "host/commands/pause.hpp"
#include "host/commands/plugin.hpp"
#include "host/commands/run.hpp"
#include "host/commands/sync.hpp"
#include "host/commands/why.hpp"
#include "host/config/text_format.hpp"
#include "host/loading/installed.hpp"

#include <malloc.h>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <iostream>
#include <map>
#include <optional>

namespace {

using namespace stoker::host;

// Of a person at the terminal.
bool agrees(const std::string& question) {
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

// How a command finds the host. The last option.
CLI::Option* client(CLI::App* command, ClientOptions& options) {
  command->add_option("--socket", options.socket, "Socket of the host (default: STOKER_SOCKET, or that of -c)")
      ->type_name("PATH");
  command->add_option("--config,-c", options.config, "Configuration file of the host")->type_name("FILE");
  return command->add_option("--namespace,-n", options.name_space, "Namespace (default: default)")->type_name("NS");
}

// One of these words.
void objects_output(CLI::App* command, ObjectOutput& output, const std::vector<std::string>& words) {
  static const std::map<std::string, ObjectOutput> all{{"table", ObjectOutput::text}, {"text", ObjectOutput::text},
                                                       {"wide", ObjectOutput::wide},  {"json", ObjectOutput::json},
                                                       {"yaml", ObjectOutput::yaml},  {"name", ObjectOutput::name}};
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : word == words.back() ? " or " : ", ") + word;
  command
      ->add_option_function<std::string>(
          "--output,-o", [&output](const std::string& word) { output = all.at(word); }, list)
      ->check(CLI::IsMember(words).description(""));
}

// The commands that ask the host that runs, over its socket.
class ObjectCommands {
 public:
  ObjectCommands(CLI::App& app, bool terminal) {
    add_get(app);
    add_apply(app);
    add_wishes(app);
    completion_ = app.add_subcommand("completion", "Print the script that completes words in a shell");
    completion_->add_option("shell", shell_, "bash, zsh or fish")->required();
    for (ClientOptions* each : std::initializer_list<ClientOptions*>{&got_, &happened_, &applied_, &deleted_})
      each->colours = terminal;
  }
  // The exit code of the one that was called, if one was.
  std::optional<int> run(std::ostream& out, std::ostream& err) {
    if (*get_) return get(got_, out, err);
    if (*events_) return events(happened_, out, err);
    if (*apply_) return apply(applied_, std::cin, out, err);
    if (*delete_) return remove(deleted_, std::cin, out, err);
    if (*pause_) return pause(paused_, out, err);
    if (*resume_) return resume(resumed_, out, err);
    if (*retry_) return retry(retried_, out, err);
    if (*completion_) return completion(shell_, out, err);
    return std::nullopt;
  }

 private:
  static void listing(CLI::App* command, GetOptions& options) {
    CLI::Option* space = client(command, options);
    command->add_flag("--all-namespaces,-A", options.all_name_spaces, "Of all namespaces")->excludes(space);
    objects_output(command, options.output, {"table", "wide", "json", "yaml", "name"});
    command->add_flag("--watch,-w", options.watch, "Go on, with a line for each change");
  }
  void add_get(CLI::App& app) {
    get_ = app.add_subcommand("get", "Show objects: KIND, KIND NAME …, or KIND/NAME …");
    listing(get_, got_);
    get_->add_option("what", got_.what, "gs, gs line-a, st/press-1")->required();
    get_->add_option("--selector,-l", got_.labels, "Only those with these labels")->type_name("SELECTOR");
    events_ = app.add_subcommand("events", "Show what happened to objects, oldest first");
    listing(events_, happened_);
    events_->add_option("what", happened_.what, "Only of this object: gs/line-a, or a name");
  }
  void add_apply(CLI::App& app) {
    apply_ = app.add_subcommand("apply", "Make objects what files say");
    delete_ = app.add_subcommand("delete", "Remove objects: KIND NAME …, KIND/NAME …, or those of files");
    for (auto [command, options] : {std::pair<CLI::App*, ApplyOptions*>(apply_, &applied_), {delete_, &deleted_}}) {
      ApplyOptions& those = *options;
      client(command, those)->each([&those](const std::string&) { those.name_space_is_said = true; });
      command->add_option("--filename,-f", those.files, "File or folder with objects; - is standard input")
          ->type_name("FILE");
      objects_output(command, those.output, {"text", "json", "yaml", "name"});
    }
    delete_->add_option("what", deleted_.what, "gs line-a, st/press-1");
    delete_->add_flag("--ignore-not-found", deleted_.missing_is_fine, "What is not there is no failure");
  }

  void add_wishes(CLI::App& app) {
    pause_ = app.add_subcommand("pause", "Assign nothing to the targets of a Sync, of one profile, or to one target");
    resume_ = app.add_subcommand("resume", "End a pause");
    for (auto [command, options] : {std::pair(pause_, &paused_), {resume_, &resumed_}}) {
      CLI::Option* target = wish(command, *options);
      command->add_option("--profile", options->profile, "Only the targets with this profile")
          ->type_name("NAME")
          ->excludes(target);
    }
    pause_->add_option("--reason", paused_.reason, "Why, for people")->type_name("TEXT");
    retry_ = app.add_subcommand("retry", "Try revisions again that proved bad, and free targets from quarantine");
    wish(retry_, retried_);
  }
  static CLI::Option* wish(CLI::App* command, WishOptions& options) {
    client(command, options);
    command->add_option("sync", options.sync, "Name of the GatewaySync, or st/TARGET")->required();
    objects_output(command, options.output, {"text", "json", "yaml", "name"});
    return command->add_option("--target", options.target, "Only this target")->type_name("NAME");
  }

  GetOptions got_, happened_;
  ApplyOptions applied_;
  DeleteOptions deleted_;
  PauseOptions paused_, resumed_;
  WishOptions retried_;
  std::string shell_;
  CLI::App *pause_ = nullptr, *resume_ = nullptr, *retry_ = nullptr, *completion_ = nullptr;
  CLI::App *get_ = nullptr, *events_ = nullptr, *apply_ = nullptr, *delete_ = nullptr;
};

// The commands that say in words what objects mean.
class AnswerCommands {
 public:
  explicit AnswerCommands(CLI::App& app) {
    why_ = app.add_subcommand("why", "Say what stands in the way of a target, a Sync or all of them, and what to do");
    client(why_, asked_)->excludes(why_->add_flag("--all-namespaces,-A", asked_.all_name_spaces, "Of all namespaces"));
    why_->add_option("what", asked_.what, "press-1, line-a, st/press-1 or gs/line-a; all without it");
    json(why_, asked_);
    watch(why_, asked_.watch, "Go on, and answer again when something has changed");
    describe_ = app.add_subcommand("describe", "Show all of an object for people: KIND NAME …, or KIND/NAME …");
    client(describe_, described_)
        ->excludes(describe_->add_flag("--all-namespaces,-A", described_.all_name_spaces, "Of all namespaces"));
    describe_->add_option("what", described_.what, "gs, gs line-a, st/press-1")->required();
    objects_output(describe_, described_.output, {"text", "json", "yaml"});
    history_ = app.add_subcommand("history", "Show the last Runs of a target, or of all targets of a Sync");
    client(history_, past_);
    history_->add_option("what", past_.what, "press-1, line-a, st/press-1 or gs/line-a")->required();
    json(history_, past_);
    watch(history_, past_.watch, "Go on, with a line for each Run");
    diff_ = app.add_subcommand("diff", "Show what a Run of a target changed");
    client(diff_, changed_);
    diff_->add_option("target", changed_.target, "press-1 or st/press-1")->required();
    diff_->add_flag("--planned", changed_.planned, "The newest dry run, in place of a Run");
    diff_->add_option("--run", changed_.run, "Id of the Run (default: the last one that changed files)")
        ->type_name("ID");
    json(diff_, changed_);
  }
  // The exit code of the one that was called, if one was.
  std::optional<int> run(std::ostream& out, std::ostream& err) {
    if (*why_) return why(asked_, out, err);
    if (*describe_) return describe(described_, out, err);
    if (*history_) return history(past_, out, err);
    if (*diff_) return diff(changed_, out, err);
    return std::nullopt;
  }

 private:
  static void watch(CLI::App* command, bool& flag, const char* about) { command->add_flag("--watch,-w", flag, about); }
  static void json(CLI::App* command, ClientOptions& options) {
    command
        ->add_option_function<std::string>(
            "--output,-o", [&options](const std::string& o) { options.json = o == "json"; }, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
  }

  WhyOptions asked_;
  DescribeOptions described_;
  HistoryOptions past_;
  DiffOptions changed_;
  CLI::App *why_ = nullptr, *describe_ = nullptr, *history_ = nullptr, *diff_ = nullptr;
};

// "90s", "15m".
std::chrono::seconds duration_of(const std::string& text) {
  const auto ms = size_of("duration", text);
  if (!ms || *ms < 1000)
    throw CLI::ValidationError("--timeout", "expected a duration of a second or more, such as 15m");
  return std::chrono::seconds(static_cast<std::int64_t>(*ms / 1000));
}

bool is_file(const CLI::Option& option) {
  const std::string& type = option.get_type_name();
  return type == "FILE" || type == "DIR" || type == "PATH";
}

// What can be typed, for completion.
CommandWords words_of(const CLI::App& app) {
  CommandWords words;
  words.name = app.get_name();
  for (const CLI::Option* each : app.get_options()) {
    CommandWords::Option option;
    for (const std::string& name : each->get_lnames()) option.names.push_back("--" + name);
    for (const std::string& name : each->get_snames()) option.names.push_back("-" + name);
    option.has_value = each->get_items_expected_max() > 0;
    option.is_file = is_file(*each);
    if (each->get_positional() && option.is_file) words.takes_files = true;
    if (!option.names.empty()) words.options.push_back(std::move(option));
  }
  for (const CLI::App* each : app.get_subcommands(nullptr)) words.below.push_back(words_of(*each));
  return words;
}

int run_command(int argc, char** argv) {
  CLI::App app{"Keeps stateful gateways in step with version control."};
  app.require_subcommand(1);
  app.fallthrough();  // allows --plugins after the command
  app.set_version_flag("--version", STOKER_VERSION);
  std::vector<std::filesystem::path> folders;
  app.add_option("--plugins", folders, "Folder with plugins (default: beside the program)")->type_name("DIR");
  std::filesystem::path file = "/etc/stoker/stoker.yaml";
  std::string output = "text";
  const auto with_config = [&](CLI::App* command) {
    command->add_option("--config,-c", file, "Configuration file")->type_name("FILE");
  };
  const auto with_output = [&](CLI::App* command) {
    command->add_option("--output,-o", output, "text or json")->check(CLI::IsMember({"text", "json"}));
  };

  CLI::App* run_it = app.add_subcommand("run", "Run in the role that the configuration names, until SIGTERM");
  with_config(run_it);

  SyncOptions once;
  CLI::App* sync_it = app.add_subcommand("sync", "Do one Run of every target, then exit");
  with_config(sync_it);
  with_output(sync_it);
  sync_it->add_option("--target", once.target, "Only the target of this name")->type_name("NAME");
  CLI::Option* dry_run =
      sync_it->add_flag("--dry-run", once.dry_run, "Print what a Run would do, and what stands against it; do nothing");
  sync_it
      ->add_flag("--all", once.all,
                 "With --dry-run: print every change (of a host: the first 1000), not only the first 50")
      ->needs(dry_run);
  sync_it->add_option("--socket", once.socket, "Socket of a host that does it (default: that of the configuration)")
      ->type_name("PATH");
  sync_it
      ->add_option_function<std::string>(
          "--timeout", [&](const std::string& text) { once.longest = duration_of(text); },
          "How long to wait for a host that does it (default: 15m)")
      ->type_name("DURATION");
  sync_it->add_flag("--repair", once.repair, "Put back delivered files that were changed at the gateway");

  DoctorOptions examined;
  CLI::App* examine_it = app.add_subcommand("doctor", "Look at all that Runs need, and say what to do; change nothing");
  with_config(examine_it);
  with_output(examine_it);
  examine_it->add_option("target", examined.target, "Only this one")->type_name("NAME");
  examine_it->add_flag("--probe", examined.probe, "Try out how the gateway of this target behaves; asks first");
  examine_it->add_flag("--yes", examined.yes, "Agree to the probe without being asked");

  CLI::App* plugin = app.add_subcommand("plugin", "Show the installed plugins");
  plugin->require_subcommand(1);
  CLI::App* list = plugin->add_subcommand("list", "List all plugins; runs no plugin code");
  with_output(list);
  PluginInspectOptions inspected;
  CLI::App* inspect = plugin->add_subcommand("inspect", "Show one plugin; runs no plugin code");
  inspect->add_option("plugin", inspected.plugin, "File or id of the plugin")->type_name("FILE")->required();
  inspect->add_flag("--schema", inspected.schema, "Print only the schema of its settings");
  with_output(inspect);

  CLI::App* config = app.add_subcommand("config", "Check or describe the configuration");
  config->require_subcommand(1);
  CLI::App* check = config->add_subcommand("check", "Print every mistake with file, line and column");
  check->add_option("--config,-c,file", file, "Configuration file")->type_name("FILE");
  CLI::App* schema = config->add_subcommand(
      "schema",
      "Print a JSON Schema of stoker.yaml with the settings of all plugins, for editors; or that of a kind of objects");
  CLI::Option* named_in = schema->add_option("--config,-c,file", file, "Take the libraries that this file names too");
  named_in->type_name("FILE");
  std::string kind, form = "json";
  CLI::Option* of_kind =
      schema->add_option("--kind", kind, "Of objects of this kind, such as GatewaySync, in place of stoker.yaml");
  of_kind->type_name("KIND")->excludes(named_in);
  schema->add_option("--output,-o", form, "With --kind: json, crd (for a cluster) or markdown (the fields as a table)")
      ->check(CLI::IsMember({"json", "crd", "markdown"}))
      ->needs(of_kind);

  ObjectCommands objects(app, ::isatty(STDOUT_FILENO));
  AnswerCommands answered(app);

  std::string code;
  CLI::App* explained = app.add_subcommand("explain", "Print what a code, a hold or a note means and what to do");
  explained->add_option("code", code, "git.dns, mass-delete, STK-P012")->required();

  // What a shell asks for is no command: its words are incomplete.
  if (argc > 1 && std::string_view(argv[1]) == "__complete")
    return complete(words_of(app), std::vector<std::string>(argv + 2, argv + argc), std::cout);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_bad_usage;
  }
  if (folders.empty()) folders = plugin_folders();
  AnswerStream answers;
  std::ostream& out = answers.out();

  if (const auto ended = objects.run(out, std::cerr)) return *ended;
  if (const auto ended = answered.run(out, std::cerr)) return *ended;
  if (*explained) return explain(code, out, std::cerr);
  if (*list) {
    PluginListOptions options;
    options.folders = folders;
    options.json = output == "json";
    return plugin_list(options, out, std::cerr);
  }
  if (*inspect) {
    inspected.folders = folders;
    inspected.json = output == "json";
    return plugin_inspect(inspected, out, std::cerr);
  }
  if (*schema && *of_kind) return kind_schema(kind, form, out, std::cerr);
  if (*schema) {
    std::vector<std::filesystem::path> libraries;
    if (*named_in) libraries = libraries_named(file);
    return config_schema(schemas_of(installed_plugins(folders, libraries, std::cerr)), out);
  }
  if (*check) {
    ConfigCheck options;
    options.file = file;
    const std::vector<Manifest> installed = installed_plugins(folders, libraries_named(file), std::cerr);
    options.plugins = schemas_of(installed);
    options.objections = objections_to(installed);
    return config_check(options, out, std::cerr);
  }
  if (*examine_it) {
    examined.config = file;
    examined.plugins = folders;
    examined.json = output == "json";
    return doctor(examined, ::isatty(STDIN_FILENO) ? Agree(agrees) : Agree(), out, std::cerr);
  }
  if (*run_it) {
    ProcessOptions options;
    options.config = file;
    options.plugins = folders;
    return run(options, std::cerr);
  }
  const auto progress = ::isatty(STDERR_FILENO) ? RunProgress::Form::terminal : RunProgress::Form::lines;
  once.progress = output == "json" ? RunProgress::Form::none : progress;
  once.config = file;
  once.plugins = folders;
  once.json = output == "json";
  return sync(once, out, std::cerr);
}

}  // namespace

int main(int argc, char** argv) {
  ::mallopt(M_ARENA_MAX,
            2);  // two heaps for all threads: with one for each worker, the process would keep the peak memory of each
  try {
    return run_command(argc, argv);
  } catch (const std::exception& broken) {
    std::cerr << "stoker: " << broken.what() << "\n";
    return exit_failed;
  }
}
