/* log_sink.c - writes events as lines. */
#include "monitoring/log_sink.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "exits.h"
#include "files/append_file.h"
#include "say.h"
#include "terminal/event_words.h"

/* More than any event has. */
#define FIELDS_MAX 32

/* libevent has one callback for the process, and no argument for it. */
static log_sink *of_libevent;

static void libevent_log(int severity, const char *message)
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
                        .level = settings->engine.log_level,
                        .path = settings->log_file,
                        .stays = settings->command == FOR_SERVE,
                        .covers = settings->command == FOR_SERVE &&
                                  settings->engine.log_level < GLIMPSE_LOG_DEBUG };
    sink->plain = sink->path == NULL && settings_origin(settings, "log-level") == FROM_DEFAULT &&
                  settings_origin(settings, "log-format") == FROM_DEFAULT;
    of_libevent = sink;
    event_set_log_callback(libevent_log);
    if (sink->path == NULL) return 0;
    int fd = append_file_open(sink->path, "--log-file");
    sink->stream = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (sink->stream != NULL) {
        setvbuf(sink->stream, NULL, _IOLBF, 0);
        return 0;
    }
    say("--log-file: %s: %s", sink->path, strerror(errno));
    if (fd >= 0) close(fd);
    return EXIT_IO;
}

/* Reports the first failed write; later lines are tried, because a disk may have room again. */
static void check_written(log_sink *sink)
{
    if (sink->path == NULL || !ferror(sink->stream)) return;
    int error = errno;
    clearerr(sink->stream);
    if (sink->failed) return;
    sink->failed = true;
    if (sink->before != NULL) sink->before(sink->arg);
    say("--log-file: %s: cannot write: %s; events are lost", sink->path, strerror(error));
}

bool log_sink_reopen(log_sink *sink)
{
    return sink->path == NULL || append_file_again(fileno(sink->stream), sink->path);
}

int log_sink_code(const log_sink *sink, int code)
{
    return sink->failed && (code == EXIT_DONE || code == EXIT_SOME_FAILED) ? EXIT_IO : code;
}

void log_sink_close(log_sink *sink)
{
    event_set_log_callback(NULL);
    of_libevent = NULL;
    if (sink->stream != NULL && sink->path != NULL) {
        if (fclose(sink->stream) != 0 && !sink->failed) {
            sink->failed = true;
            say("--log-file: %s: cannot write: %s; events are lost", sink->path, strerror(errno));
        }
    }
    sink->stream = NULL;
}

/* Prints the event as a sentence, when the log was not asked for. false: the line is to be
 * shown. */
static bool say_in_words(const log_sink *sink, const glimpse_log_event *event)
{
    char text[512];
    if (sink->path != NULL) return false;
    switch (event_words(event, text, sizeof text)) {
    case EVENT_UNKNOWN:
        return false;
    case EVENT_SAID:
        return true;
    case EVENT_LAST:
        if (!sink->stays) return true;
        break;
    case EVENT_WORDS:
        break;
    }
    if (!sink->plain) return false;
    if (sink->before != NULL) sink->before(sink->arg);
    say("%s", text);
    return true;
}

/* Of the callers of a gateway: an endpoint that refuses a request may quote its prompt, which is
 * not for a reader of the log. A message without a status is our own. */
static glimpse_log_event without_words(const glimpse_log_event *event, glimpse_log_field *room)
{
    glimpse_log_event shorter = *event;
    bool answered = false;
    shorter.fields = room;
    shorter.field_count = 0;
    for (size_t i = 0; i < event->field_count && i < FIELDS_MAX; i++) {
        const glimpse_log_field *field = &event->fields[i];
        answered |= strcmp(field->name, "http_status") == 0 && field->number != 0;
        if (!answered || strcmp(field->name, "message") != 0) room[shorter.field_count++] = *field;
    }
    return shorter;
}

void log_sink_write(const glimpse_log_event *event, void *arg)
{
    log_sink *sink = arg;
    glimpse_log_field room[FIELDS_MAX];
    glimpse_log_event shorter;
    if (say_in_words(sink, event)) return;
    if (sink->covers) {
        shorter = without_words(event, room);
        event = &shorter;
    }
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
    if (sink->path == NULL && sink->before != NULL) sink->before(sink->arg);
    fprintf(sink->stream, "%s\n", text);
    check_written(sink);
    gl_free(longer);
}
