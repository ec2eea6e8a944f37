/*
 * options.h - every setting of the program is a row of one table: flag, environment variable,
 * config key, type, unit, default, range, help. --help, the environment and the config file come
 * from it. A flag beats the environment, the environment beats the file.
 */
#ifndef CLI_OPTIONS_OPTIONS_H
#define CLI_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_settings;

/* The commands an option belongs to. */
enum {
    FOR_RUN = 1,
    FOR_BATCH = 2,
    FOR_MOCK = 4,
    FOR_KEY = 8,
    FOR_CACHE = 16,
    FOR_BENCH = 32,
    FOR_PROFILE = 64,
    FOR_SERVE = 128
};

typedef enum option_type {
    OPTION_SWITCH,     /* bool; takes no value as a flag */
    OPTION_ON_OFF,     /* bool */
    OPTION_TEXT,       /* const char * */
    OPTION_TEXTS,      /* struct text_list: may be given again and again */
    OPTION_CHOICE,     /* an enum: index into choices */
    OPTION_INT,        /* int */
    OPTION_COUNT,      /* int64_t */
    OPTION_SEED,       /* uint64_t */
    OPTION_REAL,       /* double */
    OPTION_DURATION,   /* int64_t, milliseconds; bare, seconds */
    OPTION_SIZE,       /* int64_t, bytes */
    OPTION_NAMES,      /* unsigned: bits of the choices that are named, with commas between */
    OPTION_THRESHOLDS, /* glimpse_thresholds; bare, milliseconds */
} option_type;

typedef struct cli_option {
    const char *name;        /* --name, and the key in a config file */
    char letter;             /* -x, or 0 */
    bool environment_only;   /* neither a flag nor a key: secrets, and conventions of others */
    const char *environment; /* variables, comma between; the first that is set counts */
    option_type type;
    size_t offset;            /* where in struct cli_settings */
    unsigned commands;        /* FOR_... */
    const char *value;        /* the value's name in --help */
    const char *default_text; /* parsed as if it had been given; NULL = none */
    bool by_model;       /* default_text is the value of most models' profiles: for help alone */
    double min, max;     /* of the number stored: ms, bytes */
    const char *choices; /* OPTION_CHOICE: words with '|' between */
    const char *aliases; /* of a choice, further words of the environment: "yes=auto|no=local";
                          * of a duration, words for 0 and -1: "always=0|never=-1" */
    const char *(*check)(const char *text); /* the rule for the text: checks.h; NULL = any text */
    const char *help;
    const char *heading; /* of this row and those behind it, up to the next one with a heading */
} cli_option;

extern const cli_option option_table[];
extern const size_t option_count;

/* The source of a value; a higher one beats a lower one. */
typedef enum option_origin { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG } option_origin;

/* Stores a value. NULL, or a static sentence on the fault; never the value. */
const char *option_set(struct cli_settings *settings, const cli_option *row, const char *text,
                       option_origin origin);

/* Frees the lists of the options that may be given again and again. */
void option_free_all(struct cli_settings *settings);

/* Counts the letters of a that must be changed, inserted, left out, or swapped with the next, to
 * get b. */
size_t word_distance(const char *a, size_t a_len, const char *b);

/* Prints that a value was refused: its source, the fault, and the accepted values; never the
 * value. */
void option_say_refused(const char *where, const cli_option *row, const char *problem);

/* The row of a flag or key that this command (0: any) knows, or NULL. */
const cli_option *option_find(const char *name, size_t len, unsigned command);
const cli_option *option_find_letter(char letter, unsigned command);

/* Returns true when bench passes the option to its mock; without the prefix, where bench has an
 * option of that name. */
#define OPTION_MOCK_PREFIX "mock-"
bool option_is_of_mock(const cli_option *row);

/* Returns the closest name to a misspelt one, or NULL when none is near. */
const cli_option *option_nearest(const char *name, size_t len, unsigned command);

/* Prints a text in rows of at most 80 columns, each from column `indent` on; `column` is where the
 * cursor stands. Ends the last row. */
void help_wrap(const char *text, size_t column, size_t indent);

/* Prints the options of a command, for --help. */
void option_print_help(unsigned command);

#endif
