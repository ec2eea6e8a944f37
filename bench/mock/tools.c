/* tools.c - see tools.h. */
#include "mock/tools.h"

#include "mock/schema.h"

/* Returns true when the message has the name of a tool, as it is or with blanks for its
 * underscores. */
static bool is_named(const mock_answer *answer, mock_span message, gl_json name)
{
    gl_slice text = mock_answer_slice(answer, message);
    size_t len = name.text.len - 2;
    const char *wanted = name.text.data + 1; /* a name has no escapes */
    for (size_t at = 0; at + len <= text.len; at++) {
        size_t same = 0;
        while (same < len && (text.data[at + same] == wanted[same] ||
                              (wanted[same] == '_' && text.data[at + same] == ' ')))
            same++;
        if (same == len) return true;
    }
    return false;
}

static const char *call(mock_answer *answer, gl_json name, gl_json parameters, uint64_t seed)
{
    size_t at = answer->words.len;
    const char *why = NULL;
    if (parameters.kind == GL_JSON_OBJECT)
        why = mock_schema_write(parameters, seed, &answer->words);
    else
        gl_buf_append_str(&answer->words, "{}");
    if (why != NULL) return why;
    mock_answer_add_call(answer, name, (mock_span){ at, answer->words.len - at });
    return NULL;
}

/* Each wanted tool, or only the first. */
typedef enum which { NAMED_IN_MESSAGE, THE_CHOSEN, THE_FIRST } which;

static const char *call_those(mock_answer *answer, which those, mock_span message, uint64_t seed)
{
    const mock_ask *ask = &answer->ask;
    gl_json tool, name, parameters;
    gl_json_iter iter = gl_json_begin(ask->tools);
    while (gl_json_next(&iter, NULL, &tool)) {
        mock_ask_tool(tool, &name, &parameters);
        if (name.kind != GL_JSON_STRING) continue;
        if (those == NAMED_IN_MESSAGE && !is_named(answer, message, name)) continue;
        if (those == THE_CHOSEN && !gl_slice_equal(name.text, ask->tool.text)) continue;
        const char *why = call(answer, name, parameters, seed++);
        if (why != NULL) return why;
        if (those != NAMED_IN_MESSAGE || ask->one_call) break;
    }
    return NULL;
}

const char *mock_tools_call(mock_answer *answer, mock_span message, uint64_t seed)
{
    const mock_ask *ask = &answer->ask;
    mock_choice *choice = &answer->choice[answer->count - 1];
    if (ask->tool_mode == MOCK_TOOL_NONE || ask->tools.kind != GL_JSON_ARRAY) return NULL;
    if (ask->tool_mode == MOCK_TOOL_NAMED)
        return call_those(answer, THE_CHOSEN, message, seed); /* it finishes with "stop" */
    if (ask->tool_mode == MOCK_TOOL_AUTO && ask->after_tool) return NULL;
    const char *why = call_those(answer, NAMED_IN_MESSAGE, message, seed);
    if (why == NULL && choice->calls == 0) why = call_those(answer, THE_FIRST, message, seed);
    if (choice->calls != 0) choice->finish = MOCK_FINISH_TOOL_CALLS;
    return why;
}
