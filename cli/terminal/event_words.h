/* event_words.h - what an event of the log is called to a person who did not ask for the log. Pure.
 */
#ifndef CLI_TERMINAL_EVENT_WORDS_H
#define CLI_TERMINAL_EVENT_WORDS_H

#include <glimpse/log.h>

typedef enum event_telling {
    EVENT_UNKNOWN, /* no words for it: it is shown as the log has it */
    EVENT_SAID,    /* the commands say it themselves */
    EVENT_WORDS    /* a sentence */
} event_telling;

event_telling event_words(const glimpse_log_event *event, char *text, size_t size);

#endif
