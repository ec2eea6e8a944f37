/* loop_lag.h - glimpse_loop_lag on an existing loop. */
#ifndef GL_LOOP_LAG_H
#define GL_LOOP_LAG_H

#include <glimpse/metrics.h>

#include "loop.h"

/* A day: nothing above it is measured. */
#define GL_LOOP_LAG_MS_MAX INT64_C(86400000)

/* As glimpse_loop_lag_new; the loop must outlive it. NULL: out of memory. */
glimpse_loop_lag *gl_loop_lag_new(gl_loop *loop, int64_t every_ms, glimpse_loop_lag_fn fn,
                                  void *arg);

#endif
