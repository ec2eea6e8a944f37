/*
 * run.c - `glimpse run`: one draft, the answer on stdout. Notices about the wait go to stderr when
 * that is a terminal.
 */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "commands.h"
#include "exits.h"
#include "files/whole_file.h"
#include "say.h"
#include "session.h"
#include "signals.h"

/* A draft is read whole; no model takes a longer one. */
#define TEXT_MAX ((size_t)64 * 1024 * 1024)

typedef struct cli_one {
    cli_session session;
    const cli_settings *settings;
    int caught, code;
    bool streamed, line_open; /* text was printed as it came, and its last line is not ended */
    bool broken;              /* no reader of the output is left */
} cli_one;

static void noticed(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    (void)arg;
    /* The notice's own words are choices, for a program that offers them. */
    fprintf(stderr, "%s\n",
            notice->kind == GLIMPSE_NOTICE_PATIENCE ? "slower than most; Ctrl-C gives it up"
                                                    : notice->message);
}

static int code_of(const glimpse_result *result)
{
    switch (glimpse_result_error(result)) {
    case GLIMPSE_OK:
        return EXIT_DONE;
    case GLIMPSE_ERR_DESCRIPTORS:
        return EXIT_OS_LIMIT;
    case GLIMPSE_ERR_CONNECT:
    case GLIMPSE_ERR_DNS:
    case GLIMPSE_ERR_DNS_UNKNOWN:
    case GLIMPSE_ERR_TLS:
    case GLIMPSE_ERR_TIMEOUT_CONNECT:
        return glimpse_result_attempts(result) == 0 ? EXIT_UNREACHABLE : EXIT_SOME_FAILED;
    default:
        return glimpse_result_status(result) == GLIMPSE_STATUS_AUTH_ERROR ? EXIT_AUTH
                                                                          : EXIT_SOME_FAILED;
    }
}

static bool print_record(const glimpse_result *result)
{
    char *json;
    size_t len;
    if (glimpse_result_to_json(result, NULL, &json, &len) != GLIMPSE_OK) return false;
    say_text(stdout, json, len);
    glimpse_free(json);
    return true;
}

static void came(glimpse_id id, const char *text, size_t len, void *arg)
{
    (void)id;
    cli_one *one = arg;
    one->streamed = true;
    one->line_open = text[len - 1] != '\n';
    say_text(stdout, text, len);
    /* A broken pipe is reported once, and further text would be lost. */
    if (one->broken || say_flush_stdout()) return;
    one->broken = true;
    one->code = EXIT_IO;
    event_base_loopbreak(one->session.base);
}

/* Printed text stays: the stand-in of a failure would look like its end. */
static void print_answer(const cli_one *one, const glimpse_result *result)
{
    if (one->streamed) {
        if (one->line_open) putchar('\n');
        return;
    }
    size_t len;
    const char *text = glimpse_result_text(result, &len);
    if (glimpse_result_error(result) != GLIMPSE_OK) {
        text = glimpse_result_essence(result);
        len = strlen(text);
    }
    if (len == 0) return;
    say_text(stdout, text, len);
    if (text[len - 1] != '\n') putchar('\n');
}

static void ended(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    cli_one *one = arg;
    event_base_loopbreak(one->session.base);
    if (one->broken) return;
    one->code = code_of(result);
    if (one->caught == 0 && one->settings->json) {
        if (!print_record(result)) one->code = EXIT_OS_LIMIT;
        putchar('\n');
    } else if (one->caught == 0) {
        print_answer(one, result);
    }
    const char *delta = glimpse_result_delta(result);
    if (one->caught != 0)
        one->code = 128 + one->caught;
    else if (one->code == EXIT_UNREACHABLE)
        say("%s could not be reached: %s", settings_endpoint(one->settings),
            glimpse_result_error_message(result));
    else if (glimpse_result_error(result) != GLIMPSE_OK)
        say("%s: %s", glimpse_status_name(glimpse_result_status(result)),
            glimpse_result_error_message(result));
    else if (delta != NULL)
        say("not aligned: %s", delta);
    if (!say_flush_stdout()) one->code = EXIT_IO;
}

static void stop(int caught, void *arg)
{
    cli_one *one = arg;
    one->caught = caught;
    glimpse_engine_close(one->session.engine, 0, NULL, NULL);
}

/* Returns the words of the command line, or standard input; NULL after an error message, with the
 * exit code. */
static char *read_text(const cli_settings *settings, size_t *len, int *code)
{
    const char *problem = NULL;
    gl_buf text;
    if (settings->word_count == 0 ||
        (settings->word_count == 1 && strcmp(settings->words[0], "-") == 0)) {
        if (isatty(STDIN_FILENO) != 0) say("reading the text here; Ctrl-D ends it");
        char *all = whole_file_read("-", TEXT_MAX, len, &problem);
        if (all == NULL) say("standard input: %s", problem);
        if (all == NULL) *code = EXIT_IO;
        return all;
    }
    gl_buf_init(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < settings->word_count; i++) {
        if (i > 0) gl_buf_append_char(&text, ' ');
        gl_buf_append_str(&text, settings->words[i]);
    }
    if (gl_buf_terminate(&text)) {
        *len = text.len;
        return text.data;
    }
    say("out of memory");
    *code = EXIT_OS_LIMIT;
    gl_buf_free(&text);
    return NULL;
}

static int check_text(const char *text, size_t len)
{
    size_t good = gl_utf8_check(text, len);
    if (good == len && len > 0) return 0;
    if (len == 0)
        say("the text is empty; try 'glimpse help run'");
    else
        say("the text is not valid UTF-8 at byte %zu", good);
    return EXIT_BAD_INPUT;
}

static int ask(cli_one *one, const char *text, size_t len)
{
    cli_signals signals;
    glimpse_draft draft = { .input_text = text,
                            .input_text_len = glimpse_length(len),
                            .goal = one->settings->goal,
                            .constraints = one->settings->constraints };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = ended };
    glimpse_options options;
    glimpse_options_init(&options);
    options.stream = one->settings->stream;
    if (isatty(STDERR_FILENO) != 0) observer.on_notice = noticed;
    if (options.stream && !one->settings->json) observer.on_text = came;
    if (signals_catch(&signals, one->session.base, stop, one) != 0) return EXIT_OS_LIMIT;
    glimpse_error error =
        glimpse_submit_draft(one->session.engine, &draft, &options, &observer, one, NULL);
    if (error == GLIMPSE_OK) {
        event_base_dispatch(one->session.base);
    } else {
        say("%s", glimpse_error_sentence(error));
        one->code = error == GLIMPSE_ERR_OOM ? EXIT_OS_LIMIT : EXIT_INTERNAL;
    }
    signals_release(&signals);
    return one->code;
}

int command_run(cli_settings *settings)
{
    cli_one one = { .settings = settings, .code = EXIT_INTERNAL };
    size_t len = 0;
    /* One answer has no memory to give back, and the kernel takes 20 ms and more to end a watch on
     * its memory. */
    settings->engine.cache_dynamic = false;
    int code = session_open(&one.session, settings);
    char *text = code == 0 ? read_text(settings, &len, &code) : NULL;
    if (text != NULL) code = check_text(text, len);
    if (text != NULL && code == 0) code = ask(&one, text, len);
    gl_free(text);
    return session_close(&one.session, code);
}
