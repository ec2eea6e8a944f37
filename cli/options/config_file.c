/* config_file.c - reads a config file into the settings. */
#include "options/config_file.h"

#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "files/whole_file.h"
#include "say.h"

#define CONFIG_FILE_MAX (1024 * 1024)

/* Cuts the blanks around it, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL) len--;
    text[len] = '\0';
    return text;
}

static int read_line(cli_settings *to, unsigned command, char *line, const char *path, int number)
{
    char *key = trim(line);
    if (*key == '\0' || *key == '#') return 0;
    char *equals = strchr(key, '=');
    if (equals == NULL) {
        say("%s:%d: no `key = value`", path, number);
        return EXIT_VALUE;
    }
    *equals = '\0';
    key = trim(key);
    const char *value = trim(equals + 1);
    if (*key == '\0') {
        say("%s:%d: no key before the '='", path, number);
        return EXIT_VALUE;
    }
    /* This command's own: --json of bench is another option than that of run. */
    const cli_option *row = option_find(key, strlen(key), command);
    if (row == NULL) row = option_find(key, strlen(key), 0);
    if (row == NULL || strcmp(row->name, "config") == 0) {
        const cli_option *near = row == NULL ? option_nearest(key, strlen(key), 0) : NULL;
        say("%s:%d: unknown key '%.40s'%s%s%s", path, number, key,
            near != NULL ? "; did you mean '" : "", near != NULL ? near->name : "",
            near != NULL ? "'?" : "");
        return EXIT_VALUE;
    }
    /* One file may serve all commands; keys of other commands are skipped. */
    if ((row->commands & command) == 0 || to->origins[row - option_table] > FROM_FILE) return 0;
    const char *problem = option_set(to, row, value, FROM_FILE);
    if (problem == NULL) return 0;
    char where[512];
    snprintf(where, sizeof where, "%s:%d: %s", path, number, row->name);
    option_say_refused(where, row, problem);
    return EXIT_VALUE;
}

int config_file_read(cli_settings *to, unsigned command, const char *path)
{
    const char *problem;
    size_t len;
    char *text = whole_file_read(path, CONFIG_FILE_MAX, &len, &problem);
    if (text == NULL) {
        say("config file %s: %s", path, problem);
        return EXIT_VALUE;
    }
    to->owned_file = text;
    if (strlen(text) != len) {
        say("config file %s: holds a NUL byte", path);
        return EXIT_VALUE;
    }
    int code = 0;
    for (int number = 1; text != NULL && code == 0; number++) {
        char *end = strchr(text, '\n');
        if (end != NULL) *end = '\0';
        code = read_line(to, command, text, path, number);
        text = end != NULL ? end + 1 : NULL;
    }
    return code;
}
