/* progress.c - draws a report on stderr by timer. */
#include "batch/progress.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Five times a second reads as live and costs nothing; 10 s is the contract for logs. */
static const struct timeval redraw = { 0, 200000 }, plain = { 10, 0 };

void progress_clear(cli_progress *progress)
{
    if (progress->rows > 1) fprintf(stderr, "\033[%dA", progress->rows - 1);
    if (progress->rows > 0) fputs("\r\033[J", stderr);
    progress->rows = 0;
}

/* Returns how much of the text fits a row: up to the last ", " that does. */
static size_t row_length(const char *text, size_t columns)
{
    size_t len = strlen(text), fits = 0;
    if (len <= columns) return len;
    for (size_t i = 0; i + 2 <= columns; i++)
        if (text[i] == ',' && text[i + 1] == ' ') fits = i + 2;
    return fits != 0 ? fits : columns;
}

/* Draws the line as rows that the terminal does not wrap, so that it can be drawn over. */
static void draw_block(cli_progress *progress, const char *line)
{
    struct winsize window;
    size_t columns = 79;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20)
        columns = (size_t)window.ws_col - 1;
    progress_clear(progress);
    while (*line != '\0') {
        size_t len = row_length(line, columns);
        fprintf(stderr, "%s%.*s", progress->rows > 0 ? "\n" : "", (int)len, line);
        progress->rows++;
        line += len;
    }
}

static void draw(cli_progress *progress, const char *line)
{
    if (progress->terminal)
        draw_block(progress, line);
    else
        fprintf(stderr, "%s\n", line);
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
    progress->rows = 0;
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
