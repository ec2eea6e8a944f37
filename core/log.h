/* log.h - a place to send events to, and the check that keeps silence cheap. */
#ifndef GL_LOG_H
#define GL_LOG_H

#include <glimpse/log.h>

typedef glimpse_logger gl_log;

static inline bool gl_log_wants(const gl_log *log, glimpse_log_level level)
{
    return log->fn != NULL && level <= log->level;
}

/* Calls the callback if it takes events of this level. */
void gl_log_emit(const gl_log *log, glimpse_log_level level, const char *name,
                 const glimpse_log_field *fields, size_t field_count);

#endif
