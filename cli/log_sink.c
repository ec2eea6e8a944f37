/* log_sink.c - writes events as lines. Called by the library through session.c. */
#include "log_sink.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "exits.h"
#include "say.h"

/* libevent has one callback for the process, and no argument for it. */
static log_sink *of_libevent;

static void libevent_said(int severity, const char *message)
{
    glimpse_log_level level = GLIMPSE_LOG_DEBUG;
    if (severity == EVENT_LOG_MSG) level = GLIMPSE_LOG_INFO;
    if (severity == EVENT_LOG_WARN) level = GLIMPSE_LOG_WARN;
    if (severity == EVENT_LOG_ERR) level = GLIMPSE_LOG_ERROR;
    glimpse_log_field field = { "message", message, 0 };
    glimpse_log_event event = { level, "libevent", &field, 1 };
    if (of_libevent != NULL && level <= of_libevent->level) log_sink_write(&event, of_libevent);
}

int log_sink_open(log_sink *sink, const cli_settings *settings)
{
    *sink = (log_sink){ .stream = stderr,
                        .format = settings->log_format,
                        .level = settings->engine.log_level };
    of_libevent = sink;
    event_set_log_callback(libevent_said);
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
    event_set_log_callback(NULL);
    of_libevent = NULL;
    if (sink->stream != NULL && sink->stream != stderr) fclose(sink->stream);
    sink->stream = NULL;
}

void log_sink_write(const glimpse_log_event *event, void *arg)
{
    log_sink *sink = arg;
    /* session.c and job.c say these to people in their words. */
    if (sink->stream == stderr &&
        (strcmp(event->name, "sampler_fallback") == 0 ||
         strcmp(event->name, "sampler_refused") == 0 || strcmp(event->name, "key_stopped") == 0 ||
         strcmp(event->name, "store_read_only") == 0 || strcmp(event->name, "alert") == 0))
        return;
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
