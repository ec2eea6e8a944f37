/*
 * settings.h - the user's settings, of all commands: filled from the option table, read-only for
 * the commands.
 */
#ifndef CLI_OPTIONS_SETTINGS_H
#define CLI_OPTIONS_SETTINGS_H

#include <glimpse/glimpse.h>

#include "options/options.h"

typedef struct text_list {
    const char **items;
    size_t count, capacity;
} text_list;

typedef enum log_format { LOG_TEXT, LOG_JSON } log_format;

typedef enum batch_mode { MODE_ONLINE, MODE_API, MODE_AUTO } batch_mode;

typedef struct cli_settings {
    glimpse_config engine; /* options of the engine are stored straight into its config */
    const char *api_key_file, *proxy;
    const char *endpoints;            /* a file; NULL: one endpoint */
    struct endpoints *read_endpoints; /* its contents, owned; engine.pool is of it */
    text_list headers;
    const char *config_file;
    log_format log_format;
    const char *log_file;
    const char *metrics; /* the listener's address; NULL: none */
    const char *alert_command;

    /* run */
    const char *goal, *constraints;
    bool json, stream;

    /* batch */
    const char *output, *summary;
    bool ordered, strict, overwrite, quiet, resume, retry_failed, no_lock, keep_going;
    int64_t max_line, job_deadline_ms, fsync_ms;
    int mode; /* batch_mode */
    int64_t batch_requests, batch_bytes;
    double max_cost; /* below 0: no limit */
    const char *prices;

    /* the persistent cache, and the command for it */
    const char *cache_store;
    int64_t store_bytes, store_ttl_ms, older_than_ms;
    bool expired, store_optional;

    /* mock */
    const char *host, *port_file, *latency, *ttft, *fault, *outage, *stall, *batch_fault, *refuse,
        *models, *script, *require_key, *token_gap, *slowdown, *retry_after, *record, *record_file,
        *replay;
    int64_t quota_after, rpm, tpm, batch_latency_ms, enqueued_tokens, capacity, queue, close_after,
        journal, reasoning, piece_tokens, max_body;
    bool times, reset_errors;
    int port;
    double token_rate, prefill_rate, replay_speed;

    /* bench */
    struct {
        const char *rate, *sla, *goodput, *json, *html, *csv, *input, *trace;
        const char *input_tokens, *output_tokens, *turns, *shared_prefix, *words_per_token;
        const char *junit, *markdown, *percentiles, *abort_on, *scrape, *scrape_series;
        text_list classes, requests; /* requests: a number, a file, or both */
        int endpoint;                /* load_endpoint */
        int64_t texts;
        bool ignore_eos, min_tokens;
        int arrival; /* constant, poisson, gamma */
        int client;  /* bench_client */
        double shape, pool_ratio, zipf;
        int64_t users, per_user, pool_size, repeat;
        int64_t duration_ms, warmup_ms, cooldown_ms, think_ms;
        bool sweep, saturate;
        bool compare, playbook, stream, calibrate, calibrate_first, validity;
    } bench;

    /* serve */
    struct {
        text_list listen, cors, new_keys;
        const char *keys, *access_log;
        const char *port_file;
        int64_t max_body, max_connections, queue, queue_timeout_ms, drain_ms;
        int on_disconnect; /* 0: cancel, 1: finish */
        bool cache_headers;
        unsigned salts; /* of gateway_config */
        bool notices;
    } serve;

    /* key */
    bool canonical;

    /* The rest of the command line, and the source of each row's value. */
    const char **words;
    size_t word_count;
    unsigned command;       /* FOR_RUN, ... */
    unsigned char *origins; /* option_origin, by index into option_table */
    char *owned_file, *owned_key;
    const char *profiles; /* a file; its contents are in engine.profiles, owned */
} cli_settings;

/*
 * Reads the command line behind the command's name, the environment and the config file. Returns 0,
 * or the exit code after an error message. *help is set, and nothing else is read, when -h or
 * --help is among them.
 */
int settings_read(cli_settings *settings, unsigned command, const char *command_name, int argc,
                  char **argv, bool *help);
void settings_free(cli_settings *settings);

/* Checks the engine's settings as a whole: key, endpoint, sampler. 0, or the exit code. */
int settings_check_engine(cli_settings *settings);

/* Reads the file of --endpoints, whole, and checks it whole: the pool is for an engine. NULL: why
 * has the path in the JSON and the reason. endpoints_free it. */
struct endpoints *settings_read_endpoints(const cli_settings *settings, char *why, size_t size);

/* Returns the endpoint's address, for messages. */
const char *settings_endpoint(const cli_settings *settings);

/* Returns true when an answer may serve requests other than its own: from memory, or from a
 * store. */
bool settings_share_answers(const cli_settings *settings);

/* Like settings_name, by the row's name. */
const char *settings_name_of(const cli_settings *settings, const char *name, char *buffer,
                             size_t size);

/* Prints the library's refusal, with the option's name in place of the field's. Returns the exit
 * code. */
int settings_say_problem(const cli_settings *settings, const glimpse_problem *problem);

/* Returns the first option of the mock that was given and has no effect on recorded answers; NULL
 * without --record and --replay, or where there is none. */
const cli_option *settings_unheard(const cli_settings *settings);

/* Returns the source of one row's value, by the row's name. */
option_origin settings_origin(const cli_settings *settings, const char *name);

/* Returns "--base-url", "OPENAI_BASE_URL" or "base-url in FILE": the source of a value in a
 * message. */
const char *settings_name(const cli_settings *settings, const cli_option *row, char *buffer,
                          size_t size);

#endif
