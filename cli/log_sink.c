/* log_sink.c - writes events as lines. Called by the library through session.c. */
#include "log_sink.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "exits.h"
#include "say.h"

int log_sink_open(log_sink *sink, const cli_settings *settings)
{
    *sink = (log_sink){ .stream = stderr, .format = settings->log_format };
    if (settings->log_file == NULL) return 0;
    sink->stream = fopen(settings->log_file, "ae");
    if (sink->stream != NULL) {
        setvbuf(sink->stream, NULL, _IOLBF, 0);
        return 0;
    }
    say("--log-file: %s: %s", settings->log_file, strerror(errno));
    return EXIT_IO;
}

void log_sink_close(log_sink *sink)
{
    if (sink->stream != NULL && sink->stream != stderr) fclose(sink->stream);
    sink->stream = NULL;
}

void log_sink_write(const glimpse_log_event *event, void *arg)
{
    log_sink *sink = arg;
    /* session.c says this one to people in their words. */
    if (sink->stream == stderr && strcmp(event->name, "sampler_fallback") == 0) return;
    struct timespec now;
    char line[1024], *text = line, *longer = NULL;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    size_t (*format)(const glimpse_log_event *, int64_t, char *, size_t) =
        sink->format == LOG_JSON ? glimpse_log_format_json : glimpse_log_format_text;
    size_t len = format(event, ms, line, sizeof line);
    if (len >= sizeof line && (longer = gl_malloc(len + 1)) != NULL) {
        format(event, ms, longer, len + 1);
        text = longer;
    }
    if (sink->stream == stderr && sink->before != NULL) sink->before(sink->arg);
    fprintf(sink->stream, "%s\n", text);
    gl_free(longer);
}
