/* exits.h - the program's exit codes, a contract with scripts; sysexits.h's numbers where it has
 * one. */
#ifndef CLI_EXITS_H
#define CLI_EXITS_H

enum {
    EXIT_DONE = 0,         /* everything aligned or not_aligned */
    EXIT_SOME_FAILED = 1,  /* finished, at least one item failed */
    EXIT_USAGE = 64,       /* unknown command or option, missing argument */
    EXIT_BAD_INPUT = 65,   /* input data refused */
    EXIT_UNREACHABLE = 69, /* no connection ever succeeded; the job's deadline */
    EXIT_INTERNAL = 70,
    EXIT_OS_LIMIT = 71,
    EXIT_EXISTS = 73, /* the output exists already */
    EXIT_IO = 74,
    EXIT_STOPPED = 75, /* stopped early, and the rest can be done later: the quota is used up */
    EXIT_AUTH = 77,    /* the endpoint refused the credentials */
    EXIT_VALUE = 78,   /* a value refused, from any source */
    EXIT_SIGHUP = 129, /* the terminal was closed */
    EXIT_SIGINT = 130,
    EXIT_SIGTERM = 143
};

#endif
