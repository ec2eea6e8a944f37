/* loopback.h - tells whether a host is this machine, by its spelling. Pure: nothing is looked
 * up. */
#ifndef CLI_OPTIONS_LOOPBACK_H
#define CLI_OPTIONS_LOOPBACK_H

#include <stdbool.h>

#include "base/slice.h"

/* localhost and the names below it, 127.0.0.0/8, [::1] and [::ffff:127.0.0.0/104], with a port
 * behind it or without. */
bool loopback_host(gl_slice host);

#endif
