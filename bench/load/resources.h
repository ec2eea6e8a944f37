/* resources.h - the resources of this process, by the kernel's figures. */
#ifndef LOAD_RESOURCES_H
#define LOAD_RESOURCES_H

#include <stdint.h>

typedef struct load_resources {
    double cpu_user_s, cpu_system_s;  /* since the process began */
    int64_t rss_bytes, rss_max_bytes; /* now, and ever; -1: not known */
    int64_t descriptors;              /* open now; -1: not known */
} load_resources;

void load_resources_read(load_resources *resources);

/* Resident memory now, and the most ever, bytes; -1: not known. */
int64_t load_resources_rss(void);
int64_t load_resources_rss_max(void);

#endif
