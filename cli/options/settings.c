/*
 * settings.c - the command line, the environment and the config file, in this order of power,
 * become one struct cli_settings; then the engine's settings are checked as a whole.
 *
 * Owns the texts that are neither argv's nor the environment's. A message names the source of a
 * value and never shows it, because it might be a secret.
 */
#include "options/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "exits.h"
#include "files/whole_file.h"
#include "options/checks.h"
#include "options/config_file.h"
#include "options/endpoints.h"
#include "options/key_file.h"
#include "say.h"

#define ENDPOINTS_FILE_MAX ((size_t)16 * 1024 * 1024)
#define PROFILES_FILE_MAX  ((size_t)1024 * 1024)

static const cli_option *row_named(const char *name)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (strcmp(row->name, name) == 0) return row;
    return NULL;
}

option_origin settings_origin(const cli_settings *settings, const char *name)
{
    const cli_option *row = row_named(name);
    return row != NULL ? (option_origin)settings->origins[row - option_table] : FROM_DEFAULT;
}

/* Finds the first of a row's variables that is set to something; *name gets its name. */
static const char *environment_value(const cli_option *row, char *name, size_t size)
{
    const char *names = row->environment;
    while (names != NULL && *names != '\0') {
        size_t len = strcspn(names, ",");
        snprintf(name, size, "%.*s", (int)len, names);
        const char *value = getenv(name);
        if (value != NULL && *value != '\0') return value;
        names += len + (names[len] == ',');
    }
    return NULL;
}

const char *settings_name(const cli_settings *settings, const cli_option *row, char *buffer,
                          size_t size)
{
    switch ((option_origin)settings->origins[row - option_table]) {
    case FROM_ENVIRONMENT:
        if (environment_value(row, buffer, size) == NULL) snprintf(buffer, size, "%s", row->name);
        break;
    case FROM_FILE:
        snprintf(buffer, size, "%s: %s", settings->config_file, row->name);
        break;
    default:
        snprintf(buffer, size, "--%s", row->name);
    }
    return buffer;
}

const cli_option *settings_unheard(const cli_settings *settings)
{
    static const char *const names[] = { "script",       "models",     "reasoning", "latency",
                                         "ttft",         "token-rate", "token-gap", "piece-tokens",
                                         "prefill-rate", "slowdown",   "fault",     "retry-after",
                                         "outage",       "capacity",   "queue",     "refuse",
                                         "quota-after",  "mock-rpm",   "mock-tpm" };
    bool of_mock = settings->command == FOR_MOCK;
    if (settings->record == NULL && settings->replay == NULL) return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t prefix = sizeof OPTION_MOCK_PREFIX - 1;
        bool prefixed = strncmp(names[i], OPTION_MOCK_PREFIX, prefix) == 0;
        const char *name = names[i] + (of_mock && prefixed ? prefix : 0);
        const cli_option *row = option_find(name, strlen(name), settings->command);
        if (row != NULL && settings->origins[row - option_table] != FROM_DEFAULT) return row;
    }
    return NULL;
}

const char *settings_name_of(const cli_settings *settings, const char *name, char *buffer,
                             size_t size)
{
    return settings_name(settings, row_named(name), buffer, size);
}

/* --- the command line ------------------------------------------------------------------------ */

typedef struct cli_arguments {
    cli_settings *to;
    unsigned command;
    const char *command_name;
    int argc, at;
    char **argv;
} cli_arguments;

static int misused(const cli_arguments *args, const char *what, const char *which)
{
    say("%s %s; try 'glimpse help %s'", what, which, args->command_name);
    return EXIT_USAGE;
}

static int missing_value(const cli_arguments *args, const cli_option *row)
{
    say("--%s needs a value, %s; try 'glimpse help %s'", row->name, row->value, args->command_name);
    return EXIT_USAGE;
}

/* Options of the environment alone: a secret on a command line is visible to everybody who lists
 * processes. */
static const cli_option *row_of_environment(const char *name, size_t len)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (row->environment_only && strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    return NULL;
}

static int unknown_option(const cli_arguments *args, const char *name, size_t len)
{
    const cli_option *of_environment = row_of_environment(name, len);
    if (of_environment != NULL) {
        bool key = strcmp(of_environment->name, "api-key") == 0;
        say("--%s is no option: set %s in the environment%s", of_environment->name,
            of_environment->environment,
            key ? ", or --api-key-file FILE; a key never goes on a command line" : "");
        return EXIT_USAGE;
    }
    if (args->command == FOR_BATCH && len == 6 && memcmp(name, "stream", 6) == 0) {
        say("--stream is no option of batch: a line asks for its stream itself, with \"stream\": "
            "true "
            "in its body; try 'glimpse help batch'");
        return EXIT_USAGE;
    }
    const cli_option *near = option_nearest(name, len, args->command);
    say("unknown option '--%.*s'%s%s%s; try 'glimpse help %s'", (int)(len < 60 ? len : 60), name,
        near != NULL ? " (did you mean '--" : "", near != NULL ? near->name : "",
        near != NULL ? "'?)" : "", args->command_name);
    return EXIT_USAGE;
}

static int take_value(cli_arguments *args, const cli_option *row, const char *value)
{
    if (row->type == OPTION_SWITCH && value == NULL) value = "on";
    if (value == NULL) {
        if (args->at + 1 >= args->argc) return missing_value(args, row);
        value = args->argv[++args->at];
    }
    const char *problem = option_set(args->to, row, value, FROM_FLAG);
    if (problem == NULL) return 0;
    char flag[64];
    snprintf(flag, sizeof flag, "--%s", row->name);
    option_say_refused(flag, row, problem);
    return EXIT_VALUE;
}

static int take_long(cli_arguments *args, const char *name)
{
    size_t len = strcspn(name, "=");
    const cli_option *row = option_find(name, len, args->command);
    if (row == NULL) return unknown_option(args, name, len);
    return take_value(args, row, name[len] == '=' ? name + len + 1 : NULL);
}

/* -q, -oFILE, -o FILE, -qo FILE */
static int take_letters(cli_arguments *args, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        const cli_option *row = option_find_letter(*letters, args->command);
        char name[3] = { '-', *letters, '\0' };
        if (row == NULL) return misused(args, "unknown option", name);
        bool last = row->type != OPTION_SWITCH;
        int code = take_value(args, row, last && letters[1] != '\0' ? letters + 1 : NULL);
        if (code != 0 || last) return code;
    }
    return 0;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) return true;
    return false;
}

static int read_arguments(cli_arguments *args)
{
    cli_settings *to = args->to;
    bool ended = false;
    int code = 0;
    for (; args->at < args->argc && code == 0; args->at++) {
        const char *word = args->argv[args->at];
        if (ended || word[0] != '-' || word[1] == '\0')
            to->words[to->word_count++] = word;
        else if (strcmp(word, "--") == 0)
            ended = true;
        else if (word[1] == '-')
            code = take_long(args, word + 2);
        else
            code = take_letters(args, word + 1);
    }
    return code;
}

static int read_environment(cli_settings *to, unsigned command)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        char name[64];
        if ((row->commands & command) == 0 || to->origins[row - option_table] == FROM_FLAG)
            continue;
        const char *value = environment_value(row, name, sizeof name);
        if (value == NULL) continue;
        const char *problem = option_set(to, row, value, FROM_ENVIRONMENT);
        if (problem != NULL) {
            option_say_refused(name, row, problem);
            return EXIT_VALUE;
        }
    }
    return 0;
}

static int read_profiles(cli_settings *to)
{
    char name[512];
    glimpse_problem problem;
    const char *unread = NULL;
    size_t len;
    settings_name_of(to, "profiles", name, sizeof name);
    char *text = whole_file_read(to->profiles, PROFILES_FILE_MAX, &len, &unread);
    if (text == NULL) {
        say("%s: %s: %s", name, to->profiles, unread);
        return EXIT_VALUE;
    }
    glimpse_error error =
        glimpse_profiles_new(text, glimpse_length(len), &to->engine.profiles, &problem);
    gl_free(text);
    if (error == GLIMPSE_OK) return 0;
    say("%s: %s: %s", name, to->profiles, problem.sentence);
    return error == GLIMPSE_ERR_OOM ? EXIT_OS_LIMIT : EXIT_VALUE;
}

int settings_read(cli_settings *to, unsigned command, const char *command_name, int argc,
                  char **argv, bool *help)
{
    memset(to, 0, sizeof *to);
    glimpse_config_init(&to->engine);
    to->command = command;
    if (command == FOR_BATCH) to->engine.breaker = GLIMPSE_BREAKER_WAIT;
    if (command == FOR_BENCH) to->engine.breaker = GLIMPSE_BREAKER_FAIL;
    if (command == FOR_SERVE) to->engine.breaker = GLIMPSE_BREAKER_FAIL;
    if (command == FOR_SERVE) to->engine.fallback_on = false;
    /* It runs on after a key was refused, until somebody has paid. */
    if (command == FOR_SERVE) to->engine.key_probe_ms = 60 * 1000;
    to->max_cost = -1;
    *help = wants_help(argc, argv);
    if (*help) return 0;
    to->origins = gl_calloc(option_count, 1);
    to->words = gl_calloc((size_t)argc + 1, sizeof *to->words);
    if (to->origins == NULL || to->words == NULL) {
        say("out of memory");
        return EXIT_OS_LIMIT;
    }
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (row->default_text != NULL && !row->by_model)
            option_set(to, row, row->default_text, FROM_DEFAULT);
    cli_arguments args = { to, command, command_name, argc, 0, argv };
    int code = read_arguments(&args);
    if (code == 0) code = read_environment(to, command);
    if (code == 0 && to->config_file != NULL) code = config_file_read(to, command, to->config_file);
    if (code == 0 && to->profiles != NULL) code = read_profiles(to);
    return code;
}

void settings_free(cli_settings *settings)
{
    gl_free(settings->origins);
    gl_free((void *)settings->words);
    option_free_all(settings);
    gl_free(settings->owned_file);
    key_free(settings->owned_key);
    endpoints_free(settings->read_endpoints);
    glimpse_profiles_unref(settings->engine.profiles);
}

/* --- one endpoint ---------------------------------------------------------------------------- */

static int read_key_file(cli_settings *to)
{
    char name[512];
    const char *problem;
    bool unread;
    if (to->api_key_file == NULL ||
        settings_origin(to, "api-key-file") < settings_origin(to, "api-key"))
        return 0;
    to->owned_key = key_file_read(to->api_key_file, &unread, &problem);
    to->engine.endpoint.api_key = to->owned_key;
    if (to->owned_key != NULL) return 0;
    say("%s: %s %s", settings_name_of(to, "api-key-file", name, sizeof name),
        unread ? "cannot read the key file:" : "the key", problem);
    return EXIT_VALUE;
}

/* Returns the option that sets this member of the engine's configuration; NULL: none does. */
static const cli_option *row_of_field(const cli_settings *settings, const char *field)
{
    static const struct {
        const char *field, *row;
    } special[] = { { "cache_entries", "cache-size" },      { "use_openai", "sampler" },
                    { "endpoint.http_version", "http" },    { "fallback_on", "fallback" },
                    { "thresholds.t1_ms", "thresholds" },   { "thresholds.t2_ms", "thresholds" },
                    { "thresholds.t3_ms", "thresholds" },   { "thresholds.t4_ms", "thresholds" },
                    { "alerts.window_ms", "alert-window" }, { "alerts.hold_ms", "alert-hold" } };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (strcmp(field, special[i].field) == 0) return row_named(special[i].row);
    if (strncmp(field, "endpoint.", 9) == 0) field += 9;
    if (strncmp(field, "options.", 8) == 0) field += 8; /* of the Batch API's client */
    size_t len = strlen(field);
    if (settings->proxy != NULL && len > 6 && strcmp(field + len - 6, "_proxy") == 0)
        return row_named("proxy");
    char name[sizeof((glimpse_problem *)NULL)->field];
    for (size_t i = 0; i <= len; i++) name[i] = field[i] == '_' ? '-' : field[i];
    if (len > 3 && strcmp(name + len - 3, "-ms") == 0) name[len - 3] = '\0';
    return row_named(name);
}

int settings_say_problem(const cli_settings *settings, const glimpse_problem *problem)
{
    char where[512];
    const cli_option *row = row_of_field(settings, problem->field);
    const char *name =
        row != NULL ? settings_name(settings, row, where, sizeof where) : problem->field;
    say("%s%s%s", name, *name != '\0' ? ": " : "", problem->sentence);
    return EXIT_VALUE;
}

static bool asks_openai_itself(const char *url)
{
    if (url == NULL) return true;
    const char *host = strstr(url, "://");
    if (host == NULL) return false;
    host += 3;
    return strncasecmp(host, "api.openai.com", 14) == 0 && strchr(":/", host[14]) != NULL;
}

/* Reads Azure's own variables, only when its deployment is asked for: a flag beats them, and they
 * beat the variables of the same meaning that are not Azure's. */
static int read_azure(cli_settings *to)
{
    glimpse_config *engine = &to->engine;
    if (engine->endpoint.azure_deployment == NULL) return 0;
    if (settings_origin(to, "base-url") == FROM_FLAG) engine->endpoint.azure_endpoint = NULL;
    if (settings_origin(to, "api-key-file") == FROM_FLAG) engine->endpoint.azure_api_key = NULL;
    const char *problem =
        engine->endpoint.azure_endpoint != NULL ? check_url(engine->endpoint.azure_endpoint) : NULL;
    if (problem != NULL) say("AZURE_OPENAI_ENDPOINT: %s", problem);
    if (problem == NULL && engine->endpoint.azure_api_key != NULL) {
        problem = check_key(engine->endpoint.azure_api_key);
        if (problem != NULL) say("AZURE_OPENAI_API_KEY: %s", problem);
    }
    if (problem != NULL) return EXIT_VALUE;
    if (engine->endpoint.azure_endpoint != NULL)
        engine->endpoint.base_url = engine->endpoint.azure_endpoint;
    if (engine->endpoint.azure_api_key != NULL)
        engine->endpoint.api_key = engine->endpoint.azure_api_key;
    return 0;
}

const char *settings_endpoint(const cli_settings *settings)
{
    if (settings->endpoints != NULL) return "each endpoint of the file";
    return settings->engine.endpoint.base_url != NULL ? settings->engine.endpoint.base_url
                                                      : "https://api.openai.com/v1";
}

bool settings_share_answers(const cli_settings *settings)
{
    return settings->engine.cache_entries > 0 || settings->cache_store != NULL;
}

/* --- several endpoints ------------------------------------------------------------------------ */

struct endpoints *settings_read_endpoints(const cli_settings *settings, char *why, size_t size)
{
    const char *path = settings->endpoints, *unread, *slash = strrchr(path, '/');
    char folder[4096];
    size_t len;
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash + 1 - path) : 0, path);
    char *text = whole_file_read(path, ENDPOINTS_FILE_MAX, &len, &unread);
    if (text == NULL) {
        snprintf(why, size, "%s", unread);
        return NULL;
    }
    gl_json_fault fault;
    struct endpoints *read =
        endpoints_read(gl_slice_of(text, len), folder, &settings->engine.endpoint, &fault);
    gl_free(text);
    if (read == NULL && fault.reason[0] == '\0') snprintf(why, size, "out of memory");
    if (read == NULL && fault.reason[0] != '\0')
        snprintf(why, size, "%s: %s", fault.path, fault.reason);
    return read;
}

/* The options of the one endpoint are for no endpoint of the file. */
static int check_alone(const cli_settings *to)
{
    static const char *const names[] = { "base-url",    "api-key-file", "azure-deployment",
                                         "api-version", "header",       "sampler" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (settings_origin(to, names[i]) != FROM_FLAG) continue;
        say("--%s is of one endpoint, and --endpoints gives several: write it into the file",
            names[i]);
        return EXIT_USAGE;
    }
    return 0;
}

static int take_endpoints(cli_settings *to)
{
    char name[512], why[512];
    int code = check_alone(to);
    if (code != 0) return code;
    to->read_endpoints = settings_read_endpoints(to, why, sizeof why);
    if (to->read_endpoints == NULL) {
        say("%s: %s: %s", settings_name_of(to, "endpoints", name, sizeof name), to->endpoints, why);
        return EXIT_VALUE;
    }
    to->engine.pool = endpoints_pool(to->read_endpoints);
    const char *exposed = endpoints_exposed(to->read_endpoints);
    if (exposed != NULL)
        say("warning: the key of %s is sent over plain http to another machine", exposed);
    return 0;
}

/* --- the engine as a whole ------------------------------------------------------------------- */

static int check_one_endpoint(cli_settings *to)
{
    glimpse_config *engine = &to->engine;
    /* A person sees that no model was asked; a script would take a job's stand-ins for answers. */
    if (to->command != FOR_RUN && engine->use_openai == GLIMPSE_USE_OPENAI_AUTO)
        engine->use_openai = GLIMPSE_USE_OPENAI_ALWAYS;
    if (engine->use_openai == GLIMPSE_USE_OPENAI_ALWAYS && engine->endpoint.api_key == NULL &&
        engine->endpoint.azure_deployment == NULL &&
        asks_openai_itself(engine->endpoint.base_url)) {
        say("no key for api.openai.com: set OPENAI_API_KEY or --api-key-file, or --base-url for "
            "another endpoint; --sampler local asks no model");
        return EXIT_VALUE;
    }
    return 0;
}

static int read_one_endpoint(cli_settings *to)
{
    int code = read_key_file(to);
    return code == 0 ? read_azure(to) : code;
}

static void warn_exposed(const cli_settings *to)
{
    const glimpse_endpoint *endpoint = &to->engine.endpoint;
    if (to->engine.pool == NULL && endpoint->api_key != NULL && endpoint->base_url != NULL &&
        to->engine.use_openai != GLIMPSE_USE_OPENAI_NEVER && url_is_exposed(endpoint->base_url))
        say("warning: the key is sent over plain http to another machine");
}

int settings_check_engine(cli_settings *to)
{
    glimpse_config *engine = &to->engine;
    int code = to->endpoints == NULL ? read_one_endpoint(to) : 0;
    if (code != 0) return code;
    if (to->proxy != NULL)
        engine->endpoint.https_proxy = engine->endpoint.http_proxy =
            *to->proxy != '\0' ? to->proxy : NULL;
    engine->endpoint.headers = to->headers.items;
    engine->endpoint.header_count = to->headers.count;
    code = to->endpoints == NULL ? check_one_endpoint(to) : take_endpoints(to);
    if (code != 0) return code;
    if (to->alert_command != NULL && !engine->alerts.on) {
        say("--alert-command is run for alerts, and they are off (--alerts)");
        return EXIT_USAGE;
    }
    glimpse_problem problem;
    if (glimpse_config_check(engine, &problem) != GLIMPSE_OK)
        return settings_say_problem(to, &problem);
    warn_exposed(to);
    return 0;
}
