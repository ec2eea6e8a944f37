/* config.h - a caller's configuration in this version's layout. */
#ifndef GL_CONFIG_H
#define GL_CONFIG_H

#include <glimpse/engine.h>

/* Returns the configuration itself, or `room`, filled from it where it was compiled against another
 * version. NULL: it has no size, and problem says so. */
const glimpse_config *gl_config_read(const glimpse_config *config, glimpse_config *room,
                                     glimpse_problem *problem);

#endif
