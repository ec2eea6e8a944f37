/*
 * kernel.h - the kernel's reports that memory is short, as descriptors that become readable.
 */
#ifndef GL_PRESSURE_KERNEL_H
#define GL_PRESSURE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One source of reports. All its descriptors are -1 when there is none. */
typedef struct gl_shortage {
    int ready;      /* to watch for reading */
    int file;       /* the kernel's file */
    uint64_t count; /* of limits reached so far; only of events */
    bool events;    /* memory.events, else a PSI trigger */
} gl_shortage;

/* Opens a trigger on a file of PSI. false: the kernel has none, or denies it. */
bool gl_shortage_open_psi(gl_shortage *shortage, const char *path);

/* The events of a cgroup. */
bool gl_shortage_open_events(gl_shortage *shortage, const char *path);

void gl_shortage_close(gl_shortage *shortage);

/* The news of a ready source. GONE: it will report nothing more; close it. */
typedef enum gl_shortage_news {
    GL_SHORTAGE_NOTHING,
    GL_SHORTAGE_NOW,
    GL_SHORTAGE_GONE
} gl_shortage_news;
gl_shortage_news gl_shortage_read(gl_shortage *shortage);

/* The directory of our own cgroup of version 2, below root; "" is the real one. false: none. */
bool gl_own_cgroup(const char *root, char *dir, size_t size);

/* Returns the bytes of memory for this process: the limit of its cgroup of version 2, at most the
 * machine's memory. root as above. */
uint64_t gl_memory_there(const char *root);

#endif
