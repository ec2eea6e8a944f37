/* tools.h - chooses the tools that a choice calls, and their arguments. Pure. */
#ifndef MOCK_TOOLS_H
#define MOCK_TOOLS_H

#include "mock/answer.h"

/*
 * Adds the calls of the choice that was added last. message is the user's text. `auto` calls the
 * tools that the message names, else the first one, unless the last message is a tool's result;
 * `required` always calls. The arguments are valid by the tool's schema. NULL: it is done, with
 * calls or without; else the fault of a schema, static.
 */
const char *mock_tools_call(mock_answer *answer, mock_span message, uint64_t seed);

#endif
