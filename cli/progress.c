/* progress.c - draws a report on stderr by timer. Called by job.c. */
#include "progress.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Five times a second reads as live and costs nothing; 10 s is the contract for logs. */
static const struct timeval redraw = { 0, 200000 }, plain = { 10, 0 };

void progress_clear(cli_progress *progress)
{
    if (progress->drawn) fputs("\r\033[J", stderr);
    progress->drawn = false;
}

/* The line, cut to the terminal's width so that \r finds its start again. */
static void draw(cli_progress *progress, char *line)
{
    struct winsize window;
    if (progress->terminal) {
        size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1
                             ? (size_t)window.ws_col - 1
                             : 79;
        if (strlen(line) > columns) line[columns] = '\0';
        fprintf(stderr, "\r\033[J%s", line);
        progress->drawn = true;
    } else {
        fprintf(stderr, "%s\n", line);
    }
}

static void tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_progress *progress = arg;
    char line[512];
    cli_report now;
    progress->look(progress->arg, &now);
    report_progress(&now, line, sizeof line);
    draw(progress, line);
}

bool progress_start(cli_progress *progress, struct event_base *base,
                    void (*look)(void *arg, cli_report *report), void *arg)
{
    const char *term = getenv("TERM");
    progress->terminal = isatty(STDERR_FILENO) != 0 && term != NULL && strcmp(term, "dumb") != 0;
    progress->drawn = false;
    progress->look = look;
    progress->arg = arg;
    progress->timer = event_new(base, -1, EV_PERSIST, tick, progress);
    return progress->timer != NULL &&
           event_add(progress->timer, progress->terminal ? &redraw : &plain) == 0;
}

void progress_stop(cli_progress *progress)
{
    progress_clear(progress);
    if (progress->timer != NULL) event_free(progress->timer);
    progress->timer = NULL;
}
