/*
 * options.c - parses values by the option table, finds rows, prints help. The table itself is
 * option_table.c.
 */
#include "options/options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/array.h"
#include "options/settings.h"
#include "options/units.h"
#include "say.h"

/* --- values ---------------------------------------------------------------------------------- */

/* Returns the index of text among words with '|' between, -1 when it is none of them. */
static int choice_index(const char *choices, const char *text, size_t len)
{
    for (int i = 0; *choices != '\0'; i++) {
        size_t word = strcspn(choices, "|");
        if (word == len && strncasecmp(choices, text, len) == 0) return i;
        choices += word + (choices[word] == '|');
    }
    return -1;
}

/* Returns the word that an alias stands for, with its length; NULL when it is none. */
static const char *alias_target(const char *aliases, const char *text, size_t *len)
{
    size_t given = strlen(text);
    while (*aliases != '\0') {
        size_t pair = strcspn(aliases, "|"), name = strcspn(aliases, "=");
        if (name == given && strncasecmp(aliases, text, name) == 0) {
            *len = pair - name - 1;
            return aliases + name + 1;
        }
        aliases += pair + (aliases[pair] == '|');
    }
    return NULL;
}

static const char *set_choice(const cli_option *row, const char *text, option_origin origin,
                              int *out)
{
    size_t len = strlen(text);
    int index = choice_index(row->choices, text, len);
    if (index < 0 && row->aliases != NULL && origin == FROM_ENVIRONMENT) {
        const char *word = alias_target(row->aliases, text, &len);
        if (word != NULL) index = choice_index(row->choices, word, len);
    }
    if (index < 0) return "is none of its values";
    *out = index;
    return NULL;
}

static const char *set_names(const cli_option *row, const char *text, unsigned *out)
{
    *out = 0;
    for (;; text++) {
        size_t len = strcspn(text, ",");
        int index = choice_index(row->choices, text, len);
        if (index < 0) return "names something else than";
        *out |= 1U << index;
        text += len;
        if (*text == '\0') return NULL;
    }
}

static const char *set_on_off(const char *text, bool *out)
{
    *out = strcmp(text, "on") == 0 || strcmp(text, "true") == 0;
    return *out || strcmp(text, "off") == 0 || strcmp(text, "false") == 0 ? NULL
                                                                          : "must be on or off";
}

static const char *add_text(text_list *list, const char *text)
{
    const char **items =
        gl_array_room(list->items, &list->capacity, list->count + 1, 4, sizeof *items);
    if (items == NULL) return "finds no memory";
    list->items = items;
    list->items[list->count++] = text;
    return NULL;
}

static const char *in_range(const cli_option *row, double number)
{
    bool time = row->type == OPTION_DURATION;
    if (time && number == 0 && row->min > 0) return "must be longer than 0";
    if (number < row->min) return row->min == 0 ? "must not be negative" : "is too small";
    return number > row->max ? "is too large" : NULL;
}

static const char *set_number(const cli_option *row, const char *text, void *at)
{
    int64_t number = 0;
    const char *problem = NULL;
    size_t len;
    const char *word = row->aliases != NULL ? alias_target(row->aliases, text, &len) : NULL;
    if (word != NULL) {
        *(int64_t *)at = *word == '-' ? -1 : 0;
        return NULL;
    }
    if (row->type == OPTION_DURATION)
        problem = units_duration_ms(text, UNITS_SECOND, &number);
    else if (row->type == OPTION_SIZE)
        problem = units_size(text, &number);
    else
        problem = units_int(text, &number);
    if (problem == NULL) problem = in_range(row, (double)number);
    if (problem != NULL) return problem;
    if (row->type == OPTION_INT)
        *(int *)at = (int)number; /* the row's range fits an int */
    else
        *(int64_t *)at = number;
    return NULL;
}

static const char *set_real(const cli_option *row, const char *text, double *out)
{
    double number;
    const char *problem = units_real(text, &number);
    if (problem == NULL) problem = in_range(row, number);
    if (problem == NULL) *out = number;
    return problem;
}

const char *option_set(cli_settings *to, const cli_option *row, const char *text,
                       option_origin origin)
{
    void *at = (char *)to + row->offset;
    const char *problem = row->check != NULL ? row->check(text) : NULL;
    if (problem != NULL) return problem;
    switch (row->type) {
    case OPTION_SWITCH:
    case OPTION_ON_OFF:
        problem = set_on_off(text, at);
        break;
    case OPTION_TEXT:
        *(const char **)at = text;
        break;
    case OPTION_TEXTS:
        problem = add_text(at, text);
        break;
    case OPTION_CHOICE:
        problem = set_choice(row, text, origin, at);
        break;
    case OPTION_NAMES:
        problem = set_names(row, text, at);
        break;
    case OPTION_SEED:
        problem = units_uint64(text, at);
        break;
    case OPTION_REAL:
        problem = set_real(row, text, at);
        break;
    case OPTION_THRESHOLDS:
        to->engine.thresholds_auto = strcmp(text, "auto") == 0;
        if (to->engine.thresholds_auto)
            *(glimpse_thresholds *)at = (glimpse_thresholds)GLIMPSE_THRESHOLDS_INHERIT;
        else
            problem = units_thresholds(text, at);
        break;
    case OPTION_INT:
    case OPTION_COUNT:
    case OPTION_DURATION:
    case OPTION_SIZE:
        problem = set_number(row, text, at);
        break;
    }
    if (problem == NULL) to->origins[row - option_table] = (unsigned char)origin;
    return problem;
}

void option_free_all(cli_settings *settings)
{
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].type != OPTION_TEXTS) continue;
        text_list *list = (text_list *)(void *)((char *)settings + option_table[i].offset);
        gl_free((void *)list->items);
        *list = (text_list){ 0 };
    }
}

void option_say_refused(const char *where, const cli_option *row, const char *problem)
{
    bool number = row->type == OPTION_INT || row->type == OPTION_COUNT || row->type == OPTION_REAL;
    if (row->choices != NULL)
        say("%s: %s: %s", where, problem, row->choices);
    else if (number)
        say("%s: %s (%.15g to %.15g)", where, problem, row->min, row->max);
    else
        say("%s: %s", where, problem);
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool knows(const cli_option *row, unsigned command)
{
    return !row->environment_only && (command == 0 || (row->commands & command) != 0);
}

const cli_option *option_find(const char *name, size_t len, unsigned command)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (knows(row, command) && strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    return NULL;
}

const cli_option *option_find_letter(char letter, unsigned command)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (knows(row, command) && row->letter == letter && letter != '\0') return row;
    return NULL;
}

#define WORD_MAX 32

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t word_distance(const char *a, size_t a_len, const char *b)
{
    size_t rows[3][WORD_MAX], b_len = strlen(b);
    if (b_len >= WORD_MAX) return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(least(row[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const cli_option *option_nearest(const char *name, size_t len, unsigned command)
{
    const cli_option *best = NULL;
    size_t nearest = len / 3 + 1; /* a third of it may be wrong */
    if (len < 2 || len > 64) return NULL;
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        if (!knows(row, command)) continue;
        size_t far = word_distance(name, len, row->name);
        if (far <= nearest && (best == NULL || far < nearest)) {
            best = row;
            nearest = far;
        }
    }
    return best;
}

/* --- help ------------------------------------------------------------------------------------ */

#define COLUMNS 80
#define INDENT  28 /* of an option's description */

/* A row may end before a blank, and behind a comma of a list. */
static size_t piece_length(const char *text)
{
    size_t len = strcspn(text, " ,");
    return len + (text[len] == ',');
}

void help_wrap(const char *text, size_t column, size_t indent)
{
    for (bool blank = false; *text != '\0';) {
        size_t len = piece_length(text);
        if (column > indent && column + blank + len > COLUMNS) {
            putchar('\n');
            column = 0;
        }
        if (column < indent || (column == 0 && indent == 0)) {
            printf("%*s", (int)(indent - column), "");
            column = indent;
        } else if (blank) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)len, text);
        column += len;
        text += len;
        blank = *text == ' ';
        text += blank;
    }
    putchar('\n');
}

static void print_row(const cli_option *row)
{
    char left[64], text[600];
    if (row->environment_only)
        snprintf(left, sizeof left, "  %s", row->environment);
    else
        snprintf(left, sizeof left, "  %c%c%c --%s%s%s", row->letter != 0 ? '-' : ' ',
                 row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ',' : ' ', row->name,
                 row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
    const char *env = row->environment_only ? NULL : row->environment;
    const char *usual = row->default_text;
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", row->help, usual != NULL ? " [" : "",
             usual != NULL ? usual : "", usual != NULL ? "]" : "", env != NULL ? " (" : "",
             env != NULL ? env : "", env != NULL ? ")" : "");
    bool room = strlen(left) <= INDENT - 2;
    printf("%s%s", left, room ? "" : "\n");
    help_wrap(text, room ? strlen(left) : 0, INDENT);
}

/* Options that several of run, batch and bench have come behind a command's own. */
static bool is_shared(const cli_option *row)
{
    bool run = (row->commands & FOR_RUN) != 0, batch = (row->commands & FOR_BATCH) != 0;
    bool bench = (row->commands & FOR_BENCH) != 0;
    return run + batch + bench >= 2;
}

bool option_is_of_mock(const cli_option *row)
{
    return (row->commands & FOR_BENCH) != 0 &&
           (row->commands == (FOR_MOCK | FOR_BENCH) ||
            strncmp(row->name, OPTION_MOCK_PREFIX, sizeof OPTION_MOCK_PREFIX - 1) == 0);
}

static void print_rows(unsigned command, bool shared)
{
    const char *heading = "", *printed = NULL;
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        if (row->heading != NULL) heading = row->heading;
        if ((row->commands & command) == 0 || row->environment_only || is_shared(row) != shared)
            continue;
        /* bench shows its mock's rows under headings of their own. */
        bool mock = command == FOR_BENCH && option_is_of_mock(row);
        if (heading != printed) printf("\n%s%s:\n", mock ? "Its mock: " : "", heading);
        printed = heading;
        print_row(row);
    }
}

void option_print_help(unsigned command)
{
    fputs("\nOptions: [default] (environment variable); -h, --help prints this.\n", stdout);
    print_rows(command, false);
    print_rows(command, true);
    bool title = false;
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        if ((row->commands & command) == 0 || !row->environment_only) continue;
        if (!title) fputs("\nEnvironment only:\n", stdout);
        title = true;
        print_row(row);
    }
}
