/* SPDX-License-Identifier: MIT */
/*
 * log.h - structured logging (docs/playbook.md section 7): named events with fields, through a
 * callback.
 *
 * The library prints nothing itself. No field ever holds a key, a prompt or an answer.
 */
#ifndef GLIMPSE_LOG_H
#define GLIMPSE_LOG_H

#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum glimpse_log_level {
    GLIMPSE_LOG_ERROR,
    GLIMPSE_LOG_WARN,
    GLIMPSE_LOG_INFO,
    GLIMPSE_LOG_DEBUG,
    GLIMPSE_LOG_LEVEL_COUNT
} glimpse_log_level;

typedef struct glimpse_log_field {
    const char *name;
    const char *text; /* the value when not NULL */
    int64_t number;   /* the value when text is NULL */
} glimpse_log_field;

/* Valid while the callback runs. Events are listed in docs/internals/logging.md. */
typedef struct glimpse_log_event {
    glimpse_log_level level;
    const char *name; /* "openai_call", "openai_rate_limit_retry", "cache_hit", ... */
    const glimpse_log_field *fields;
    size_t field_count;
} glimpse_log_event;

/* Called where the event happens: inside submit and cancel too, and below a sampler's functions. It
 * may write the event down and call the formatters here; it must call no function of an engine, a
 * sampler or a cache. */
typedef void (*glimpse_log_fn)(const glimpse_log_event *event, void *arg);

/* The receiver of events. Never grows. */
typedef struct glimpse_logger {
    glimpse_log_fn fn; /* NULL = silence */
    void *arg;
    glimpse_log_level level;
} glimpse_logger;

/*
 * Returns the name of a level.
 *
 *   level: any value
 *   Returns: "error", "warn", "info", "debug", static; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_log_level_name(glimpse_log_level level);

/*
 * Formats an event as one line without a line end: `2025-10-29T08:00:00.123Z WARN
 * openai_error_retry id=7 status=500`. Values are escaped, so an event is always one line of valid
 * UTF-8.
 *
 *   event: borrowed during the call; not NULL
 *   unix_ms: the time to print, milliseconds since 1970, UTC
 *   buffer: gets at most size bytes, the NUL included; may be NULL when size is 0
 *   size: bytes of buffer, from 0
 *   Returns: the length of the whole line, also where it was cut (like snprintf)
 *   Since: 0.1
 */
GLIMPSE_API size_t glimpse_log_format_text(const glimpse_log_event *event, int64_t unix_ms,
                                           char *buffer, size_t size);

/*
 * Formats an event as one JSON object with "ts" (RFC 3339, UTC), "level", "event" and the fields,
 * on one line without a line end.
 *
 *   event: borrowed during the call; not NULL
 *   unix_ms: the time to print, milliseconds since 1970, UTC
 *   buffer: gets at most size bytes, the NUL included; may be NULL when size is 0
 *   size: bytes of buffer, from 0
 *   Returns: as glimpse_log_format_text
 *   Since: 0.1
 */
GLIMPSE_API size_t glimpse_log_format_json(const glimpse_log_event *event, int64_t unix_ms,
                                           char *buffer, size_t size);

#ifdef __cplusplus
}
#endif
#endif
