/* event_words.h - words a log event for users without --log. Pure. */
#ifndef CLI_TERMINAL_EVENT_WORDS_H
#define CLI_TERMINAL_EVENT_WORDS_H

#include <glimpse/log.h>

typedef enum event_telling {
    EVENT_UNKNOWN, /* no words: it is shown as in the log */
    EVENT_SAID,    /* the commands print it themselves */
    EVENT_LAST,    /* a sentence; a command that ends for it prints its own */
    EVENT_WORDS    /* a sentence */
} event_telling;

event_telling event_words(const glimpse_log_event *event, char *text, size_t size);

#endif
