/* mock.c - `glimpse mock`: the mock server of bench/mock as a command. */
#include "mock/mock.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "exits.h"
#include "files/port_file.h"
#include "say.h"
#include "signals.h"

static void stop(int caught, void *arg)
{
    (void)caught;
    event_base_loopbreak(arg);
}

/* Reports the outcome of --record. No loss goes unreported. */
static int tell_recording(const cli_settings *settings, const mock_server *server)
{
    uint64_t recorded, not_recorded;
    if (settings->record == NULL) return EXIT_DONE;
    const char *problem = mock_server_recording(server, &recorded, &not_recorded);
    say("recorded %" PRIu64 " answers in %s", recorded, settings->record_file);
    if (not_recorded != 0)
        say("%" PRIu64 " answers are not in it: they failed, were cut, or hold the key",
            not_recorded);
    if (problem == NULL) return EXIT_DONE;
    say("--record-file: %s: %s", settings->record_file, problem);
    return EXIT_IO;
}

static int serve(struct event_base *base, const cli_settings *settings, mock_server *server)
{
    cli_signals signals;
    int port = mock_server_port(server);
    bool v6 = strchr(settings->host, ':') != NULL;
    if (signals_catch(&signals, base, stop, base) != 0) return EXIT_OS_LIMIT;
    int code = EXIT_DONE;
    if (settings->port_file != NULL && !port_file_write(settings->port_file, port)) {
        say("--port-file: %s: %s", settings->port_file, strerror(errno));
        code = EXIT_IO;
    } else {
        printf("listening on http://%s%s%s:%d/v1\n", v6 ? "[" : "", settings->host, v6 ? "]" : "",
               port);
        if (say_flush_stdout())
            event_base_dispatch(base);
        else
            code = EXIT_IO;
    }
    signals_release(&signals);
    return code == EXIT_DONE ? tell_recording(settings, server) : code;
}

/* Returns true when it begins with an option. */
static bool is_option(const char *problem)
{
    return option_find(problem, strcspn(problem, ":"), FOR_MOCK) != NULL;
}

/* Returns true when it begins with the option whose value was refused; an address that cannot be
 * had is refused by the system. */
static bool refused_value(const char *problem)
{
    size_t len = strcspn(problem, ":");
    const cli_option *row = option_find(problem, len, FOR_MOCK);
    return row != NULL && strcmp(row->name, "host") != 0;
}

static int refused_together(const char *why)
{
    say("%s; try 'glimpse help mock'", why);
    return EXIT_USAGE;
}

static mock_options options_of(const cli_settings *settings)
{
    return (mock_options){ .host = settings->host,
                           .port = settings->port,
                           .latency = settings->latency,
                           .fault = settings->fault,
                           .outage = settings->outage,
                           .ttft = settings->ttft,
                           .stall = settings->stall,
                           .capacity = settings->capacity,
                           .queue = settings->queue,
                           .times = settings->times,
                           .retry_after = settings->retry_after,
                           .refuse = settings->refuse,
                           .reset_errors = settings->reset_errors,
                           .close_after = settings->close_after,
                           .journal = settings->journal,
                           .record = settings->record,
                           .record_file = settings->record_file,
                           .replay = settings->replay,
                           .replay_speed = settings->replay_speed,
                           .quota_after = settings->quota_after,
                           .rpm = settings->rpm,
                           .tpm = settings->tpm,
                           .batch_latency_ms = settings->batch_latency_ms,
                           .batch_fault = settings->batch_fault,
                           .enqueued_tokens = settings->enqueued_tokens,
                           .token_rate = settings->token_rate,
                           .token_gap = settings->token_gap,
                           .prefill_rate = settings->prefill_rate,
                           .piece_tokens = settings->piece_tokens,
                           .max_body = settings->max_body,
                           .slowdown = settings->slowdown,
                           .models = settings->models,
                           .script = settings->script,
                           .key = settings->require_key,
                           .reasoning = settings->reasoning,
                           .seed = settings->engine.seed };
}

/* Finds options that contradict each other, and a recording that is there already: EXIT_DONE, or
 * the exit code after an error message. */
static int check_usage(const cli_settings *settings)
{
    if ((settings->record != NULL) != (settings->record_file != NULL))
        return refused_together("--record URL and --record-file FILE go together");
    if (settings->record != NULL && settings->replay != NULL)
        return refused_together("--record and --replay both say who answers; give one");
    const cli_option *unheard = settings_unheard(settings);
    if (unheard != NULL) {
        char problem[512];
        snprintf(problem, sizeof problem, "--%s says nothing beside %s, whose answers are recorded",
                 unheard->name, settings->replay != NULL ? "--replay" : "--record");
        return refused_together(problem);
    }
    if (settings->record_file != NULL && access(settings->record_file, F_OK) == 0) {
        say("--record-file: %s is there already; recordings can be joined with cat",
            settings->record_file);
        return EXIT_EXISTS;
    }
    return EXIT_DONE;
}

/* Reports why there is no server; returns the exit code. */
static int tell_refusal(const char *problem)
{
    bool value = refused_value(problem);
    say("%s%s", is_option(problem) ? "--" : "", problem);
    if (!value) return EXIT_OS_LIMIT;
    if (strncmp(problem, "record-file:", 12) == 0) return EXIT_IO;
    return strncmp(problem, "replay:", 7) == 0 ? EXIT_BAD_INPUT : EXIT_VALUE;
}

int command_mock(cli_settings *settings)
{
    char problem[512] = "";
    const mock_options options = options_of(settings);
    int code = check_usage(settings);
    if (code != EXIT_DONE) return code;
    struct event_base *base = process_setup();
    if (base == NULL) return EXIT_OS_LIMIT;
    mock_server *server = mock_server_new(base, &options, problem, sizeof problem);
    if (server != NULL) {
        code = serve(base, settings, server);
        mock_server_free(server);
    } else {
        code = tell_refusal(problem);
    }
    event_base_free(base);
    return code;
}
