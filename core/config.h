/* config.h - a caller's configuration in the form that this library knows. */
#ifndef GL_CONFIG_H
#define GL_CONFIG_H

#include <glimpse/engine.h>

/* The configuration itself, or room, filled from it where it was compiled against another version.
 * NULL: it has no size; problem says so. */
const glimpse_config *gl_config_read(const glimpse_config *config, glimpse_config *room,
                                     glimpse_problem *problem);

#endif
