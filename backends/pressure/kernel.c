/*
 * kernel.c - opens and reads the kernel's files of kernel.h.
 *
 * A PSI trigger reports by EPOLLPRI alone, which libevent cannot ask for (and EPOLLIN is always
 * set). So the trigger is in an epoll descriptor of its own, which becomes readable when the
 * trigger has fired. Polling the outer descriptor consumes the event: readiness is the whole news,
 * and reading again only finds out whether the trigger is gone. Nothing here blocks, because all
 * files are the kernel's.
 */
#include "pressure/kernel.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

/* A task waited for memory for 200 ms of 2 s, which is systemd's advice to its services; windows
 * that are not multiples of 2 s need CAP_SYS_RESOURCE. */
static const char trigger[] = "some 200000 2000000";

static const gl_shortage none = { .ready = -1, .file = -1 };

void gl_shortage_close(gl_shortage *shortage)
{
    if (shortage->ready >= 0) close(shortage->ready);
    if (shortage->file >= 0) close(shortage->file);
    *shortage = none;
}

bool gl_shortage_open_psi(gl_shortage *shortage, const char *path)
{
    struct epoll_event wanted = { .events = EPOLLPRI };
    *shortage = none;
    shortage->file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (shortage->file < 0) return false;
    shortage->ready = epoll_create1(EPOLL_CLOEXEC);
    /* With the NUL, because the kernel takes the last byte for one. */
    if (shortage->ready >= 0 &&
        write(shortage->file, trigger, sizeof trigger) == (ssize_t)sizeof trigger &&
        epoll_ctl(shortage->ready, EPOLL_CTL_ADD, shortage->file, &wanted) == 0)
        return true;
    gl_shortage_close(shortage);
    return false;
}

/* Counts how often a limit was reached: the sum of the lines high, max and oom. */
static bool limits_reached(int file, uint64_t *count)
{
    char text[512];
    ssize_t len = pread(file, text, sizeof text - 1, 0);
    if (len < 0) return false;
    text[len] = '\0';
    *count = 0;
    for (const char *line = text; line != NULL && *line != '\0';) {
        uint64_t n;
        if (sscanf(line, "high %" SCNu64, &n) == 1 || sscanf(line, "max %" SCNu64, &n) == 1 ||
            sscanf(line, "oom %" SCNu64, &n) == 1)
            *count += n;
        line = strchr(line, '\n');
        if (line != NULL) line++;
    }
    return true;
}

bool gl_shortage_open_events(gl_shortage *shortage, const char *path)
{
    *shortage = none;
    shortage->events = true;
    shortage->file = open(path, O_RDONLY | O_CLOEXEC);
    if (shortage->file < 0) return false;
    shortage->ready = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (shortage->ready >= 0 && inotify_add_watch(shortage->ready, path, IN_MODIFY) >= 0 &&
        limits_reached(shortage->file, &shortage->count))
        return true;
    gl_shortage_close(shortage);
    return false;
}

gl_shortage_news gl_shortage_read(gl_shortage *shortage)
{
    if (!shortage->events) {
        struct epoll_event event;
        bool gone = epoll_wait(shortage->ready, &event, 1, 0) > 0 && (event.events & EPOLLERR) != 0;
        return gone ? GL_SHORTAGE_GONE : GL_SHORTAGE_NOW;
    }
    char events[4096];
    while (read(shortage->ready, events, sizeof events) > 0) {
    }
    uint64_t count;
    if (!limits_reached(shortage->file, &count)) return GL_SHORTAGE_GONE;
    bool more = count > shortage->count;
    shortage->count = count;
    return more ? GL_SHORTAGE_NOW : GL_SHORTAGE_NOTHING;
}

/* --- our own cgroup --- */

static FILE *open_below(const char *root, const char *path)
{
    char whole[4096];
    int len = snprintf(whole, sizeof whole, "%s%s", root, path);
    return len >= 0 && (size_t)len < sizeof whole ? fopen(whole, "re") : NULL;
}

/* The path behind "0::". */
static bool own_path(const char *root, char *path, size_t size)
{
    bool found = false;
    FILE *file = open_below(root, "/proc/self/cgroup");
    char line[4096];
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        size_t len = strlen(line);
        found = len > 3 && strncmp(line, "0::/", 4) == 0 && len - 3 < size;
        if (found) memcpy(path, line + 3, len - 3 + 1);
    }
    if (file != NULL) fclose(file);
    /* Another namespace's cgroup: not below a path that we can see. */
    return found && strstr(path, "/..") == NULL;
}

/* Finds where version 2 is mounted, and which part of its tree: fields 5 and 4 of mountinfo. Names
 * with escapes are not decoded. */
static bool mount_of(const char *root, char *tree, char *point, size_t size)
{
    bool found = false;
    FILE *file = open_below(root, "/proc/self/mountinfo");
    char line[4096];
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        if (strstr(line, " - cgroup2 ") == NULL || size < 1024) continue;
        found = sscanf(line, "%*s %*s %*s %1023s %1023s", tree, point) == 2 &&
                strchr(tree, '\\') == NULL && strchr(point, '\\') == NULL;
    }
    if (file != NULL) fclose(file);
    return found;
}

bool gl_own_cgroup(const char *root, char *dir, size_t size)
{
    char path[2048], tree[1024], point[1024];
    if (!own_path(root, path, sizeof path) || !mount_of(root, tree, point, sizeof point))
        return false;
    size_t skip = strcmp(tree, "/") == 0 ? 0 : strlen(tree);
    if (strncmp(path, tree, skip) != 0) return false;
    const char *rest = strcmp(path + skip, "/") == 0 ? "" : path + skip;
    int len = snprintf(dir, size, "%s%s%s", root, point, rest);
    return len >= 0 && (uint64_t)len < size;
}

/* --- the size of memory --- */

uint64_t gl_memory_there(const char *root)
{
    uint64_t there = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    char dir[4096], path[4200];
    unsigned long long most;
    if (!gl_own_cgroup(root, dir, sizeof dir)) return there;
    snprintf(path, sizeof path, "%s/memory.max", dir);
    FILE *file = fopen(path, "re"); /* "max" where there is no limit; absent in the root */
    if (file == NULL) return there;
    if (fscanf(file, "%llu", &most) == 1 && most < there) there = most;
    fclose(file);
    return there;
}
