/* key_file.c - see key_file.h. */
#include "options/key_file.h"

#include <string.h>

#include "base/alloc.h"
#include "files/whole_file.h"
#include "options/checks.h"

#define KEY_FILE_MAX 65536

void key_free(char *key)
{
    if (key != NULL) explicit_bzero(key, strlen(key));
    gl_free(key);
}

char *key_file_read(const char *path, bool *unread, const char **problem)
{
    size_t len;
    char *key = whole_file_read(path, KEY_FILE_MAX, &len, problem);
    *unread = key == NULL;
    if (key == NULL) return NULL;
    if (len > 0 && key[len - 1] == '\n') key[--len] = '\0';
    if (len > 0 && key[len - 1] == '\r') key[--len] = '\0';
    *problem = strlen(key) != len ? "holds a NUL byte" : check_key(key);
    if (*problem == NULL) return key;
    key_free(key);
    return NULL;
}
