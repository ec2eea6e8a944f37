/*
 * An engine beside a program's own events on its loop: here a timer that ticks, and a socket that
 * lines of text arrive on. Each line is summarized; nothing waits for anything else.
 *
 * The other end of the socket is written by the program itself, so that the example runs alone.
 */
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char lines[] = "The parser was split in two because it had grown too long to read.\n"
                            "The meeting moved to Tuesday because the room was taken.\n"
                            "Many requests, one thread.\n";

typedef struct app {
    struct event_base *base;
    struct event *tick, *readable;
    glimpse_engine *engine;
    int ticks, asked, answered;
    bool input_ended;
    char text[512];
    size_t length;
} app;

static void stop_when_done(app *a)
{
    /* A program that lives longer would go on; this one ends when all results have come. */
    if (a->input_ended && a->answered == a->asked && a->ticks > 0) event_base_loopbreak(a->base);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    app *a = arg;
    a->ticks++;
    stop_when_done(a);
}

static void on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    fprintf(stderr, "request %llu: %s\n", (unsigned long long)id, notice->message);
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    app *a = arg;
    a->answered++;
    printf("%s (%s): %s\n", glimpse_status_name(glimpse_result_status(result)),
           glimpse_source_name(glimpse_result_source(result)), glimpse_result_text(result, NULL));
    stop_when_done(a);
}

static void submit_line(app *a, const char *line, size_t length)
{
    const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                        .on_notice = on_notice,
                                        .on_result = on_result };
    const glimpse_draft draft = { .input_text = line,
                                  .input_text_len = glimpse_length(length),
                                  .goal = "summarize in one sentence" };
    /* An error of the call itself is returned here, every other one by on_result. */
    glimpse_error error = glimpse_submit_draft(a->engine, &draft, NULL, &observer, a, NULL);
    if (error == GLIMPSE_OK)
        a->asked++;
    else
        fprintf(stderr, "not submitted: %s\n", glimpse_error_sentence(error));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    app *a = arg;
    ssize_t got = read(fd, a->text + a->length, sizeof a->text - a->length);
    if (got <= 0) {
        event_del(a->readable);
        a->input_ended = true;
        stop_when_done(a);
        return;
    }
    a->length += (size_t)got;
    char *newline;
    while ((newline = memchr(a->text, '\n', a->length)) != NULL) {
        size_t length = (size_t)(newline - a->text);
        if (length > 0) submit_line(a, a->text, length); /* copied: the buffer is ours again */
        a->length -= length + 1;
        memmove(a->text, newline + 1, a->length);
    }
}

int main(void)
{
    app a = { 0 };
    int ends[2], exit_code = EXIT_FAILURE;
    glimpse_config config;
    glimpse_problem problem;
    const struct timeval every = { .tv_usec = 20000 };

    signal(SIGPIPE, SIG_IGN); /* rule 7 of engine.h: the library leaves this to the program */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return EXIT_FAILURE;
    glimpse_config_init(&config);
    a.base = event_base_new();
    if (a.base == NULL) goto done;
    if (glimpse_config_from_env(&config, &problem) != GLIMPSE_OK ||
        glimpse_engine_new(a.base, &config, &a.engine, &problem) != GLIMPSE_OK) {
        fprintf(stderr, "embed: %s%s%s\n", problem.field, problem.field[0] != '\0' ? ": " : "",
                problem.sentence);
        goto done;
    }
    a.tick = event_new(a.base, -1, EV_PERSIST, on_tick, &a);
    a.readable = event_new(a.base, ends[0], EV_READ | EV_PERSIST, on_readable, &a);
    if (a.tick == NULL || a.readable == NULL || event_add(a.tick, &every) != 0 ||
        event_add(a.readable, NULL) != 0)
        goto done;

    if (write(ends[1], lines, strlen(lines)) != (ssize_t)strlen(lines)) goto done;
    shutdown(ends[1], SHUT_WR);
    event_base_dispatch(a.base);
    printf("%d of %d answered, the timer beside them ticked: %s\n", a.answered, a.asked,
           a.ticks > 0 ? "yes" : "no");
    exit_code = a.answered == a.asked ? EXIT_SUCCESS : EXIT_FAILURE;

done:
    glimpse_engine_free(a.engine);
    if (a.readable != NULL) event_free(a.readable);
    if (a.tick != NULL) event_free(a.tick);
    if (a.base != NULL) event_base_free(a.base);
    close(ends[0]);
    close(ends[1]);
    return exit_code;
}
