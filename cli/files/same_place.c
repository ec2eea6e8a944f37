/* same_place.c - see same_place.h. Called by commands that read files and write others. */
#include "files/same_place.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* false: its directory is not there. */
static bool look_at_directory(const char *path, struct stat *status)
{
    size_t len = (size_t)(name_of(path) - path);
    char *directory = gl_strndup(len > 0 ? path : ".", len > 0 ? len : 1);
    bool there = directory != NULL && stat(directory, status) == 0;
    gl_free(directory);
    return there;
}

bool same_open_file(const struct stat *file, int fd)
{
    struct stat open;
    return S_ISREG(file->st_mode) && fstat(fd, &open) == 0 && same_file(file, &open);
}

bool same_place(const char *a, const char *b)
{
    struct stat one, other;
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0) return false;
    bool here = stat(a, &one) == 0, there = stat(b, &other) == 0;
    if (here && there) return S_ISREG(one.st_mode) && same_file(&one, &other);
    return !here && !there && strcmp(name_of(a), name_of(b)) == 0 && look_at_directory(a, &one) &&
           look_at_directory(b, &other) && same_file(&one, &other);
}
