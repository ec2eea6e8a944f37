/* model.c - see model.h. */
#include "mock/model.h"

#include <stdio.h>

#include "mock/embed.h"
#include "mock/error.h"
#include "mock/pack.h"
#include "mock/schema.h"
#include "mock/tools.h"
#include "mock/words.h"

#define MOCK_COMPLETIONS_MAX 2048 /* choices of all prompts */
#define BYTES_PER_TOKEN      4    /* of a prompt: OpenAI's rule of thumb for English text */

static uint64_t seed_of(const mock_answer *answer)
{
    uint64_t seed;
    memcpy(&seed, answer->digest, sizeof seed);
    return seed;
}

static mock_span span_from(const mock_answer *answer, size_t at)
{
    return (mock_span){ at, answer->words.len - at };
}

/* --- the text of a choice --------------------------------------------------------------------- */

/* Returns where the first of the stop texts begins, or the text's end. */
static size_t find_stop(mock_answer *answer, mock_span text)
{
    size_t end = text.len, kept = answer->words.len;
    for (size_t i = 0; i < answer->ask.stops; i++) {
        gl_json_string_append(answer->ask.stop[i], &answer->words, NULL);
        size_t len = answer->words.len - kept;
        const char *data = answer->words.data;
        const char *found = len != 0 ? memmem(data + text.at, text.len, data + kept, len) : NULL;
        if (found != NULL && (size_t)(found - data) - text.at < end)
            end = (size_t)(found - data) - text.at;
        answer->words.len = kept;
    }
    return end;
}

/* Writes the answer to a message behind all words so far. The message is in words too. */
static mock_span say(mock_answer *answer, mock_span message, size_t variant)
{
    gl_buf *words = &answer->words;
    gl_buf_reserve(words, MOCK_GIST_MAX); /* so that the message does not move any more */
    size_t at = words->len;
    mock_words_answer(mock_answer_slice(answer, message), words);
    if (variant != 0) gl_buf_printf(words, " (%zu)", variant + 1);
    return span_from(answer, at);
}

/* Lengthens the text, which ends words, where the request asks for a least number of tokens. */
static mock_span lengthen(mock_answer *answer, mock_span text)
{
    const mock_ask *ask = &answer->ask;
    int64_t least = ask->ignore_eos && ask->max_tokens >= 0 ? ask->max_tokens : ask->min_tokens;
    uint64_t has = least > 0 ? mock_words_count(mock_answer_slice(answer, text)) : 0;
    if (least <= 0 || has >= (uint64_t)least) return text;
    mock_words_fill((uint64_t)least - has, seed_of(answer), text.len != 0, &answer->words);
    return span_from(answer, text.at);
}

/* Takes the first tokens of a text, as many as are left. */
static void take_tokens(mock_answer *answer, mock_span *text, uint64_t *left, bool *cut)
{
    size_t len = mock_words_first(mock_answer_slice(answer, *text), *left);
    *cut |= len < text->len;
    text->len = len;
    *left -= mock_words_count(mock_answer_slice(answer, *text));
}

/* Cuts the choice to max_tokens, of which reasoning takes its part first. A call costs one for its
 * name. */
static void limit(mock_answer *answer, mock_choice *choice)
{
    uint64_t left = (uint64_t)answer->ask.max_tokens;
    bool cut = false;
    if (answer->ask.max_tokens < 0) return;
    take_tokens(answer, &choice->reasoning, &left, &cut);
    take_tokens(answer, &choice->text, &left, &cut);
    for (size_t i = 0; i < choice->calls; i++) {
        if (left == 0) {
            choice->calls = i;
            cut = true;
            break;
        }
        left--;
        take_tokens(answer, &answer->call[choice->first_call + i].arguments, &left, &cut);
    }
    /* Without an end of its own the text is over where max_tokens is. */
    if (cut || (answer->ask.ignore_eos && left == 0)) choice->finish = MOCK_FINISH_LENGTH;
}

static void think(const mock_model *model, mock_answer *answer, mock_choice *choice)
{
    size_t at = answer->words.len;
    if (answer->line != NULL && answer->line->reasoning.kind == GL_JSON_STRING)
        gl_json_string_append(answer->line->reasoning, &answer->words, NULL);
    else if (model->reasoning != 0)
        mock_words_fill(model->reasoning, seed_of(answer) >> 8, false, &answer->words);
    choice->reasoning = span_from(answer, at);
}

/* Appends a string's text, or other JSON as it is. */
static mock_span append_value(mock_answer *answer, gl_json value)
{
    size_t at = answer->words.len;
    if (value.kind == GL_JSON_STRING)
        gl_json_string_append(value, &answer->words, NULL);
    else
        gl_buf_append(&answer->words, value.text.data, value.text.len);
    return span_from(answer, at);
}

/* Takes the script's answer. false: it has no text for the request. */
static bool recite(mock_answer *answer)
{
    const mock_line *line = answer->line;
    if (line == NULL) return false;
    if (line->content.kind == GL_JSON_NONE && line->tool_calls.kind == GL_JSON_NONE) return false;
    size_t at = answer->count - 1;
    if (line->content.kind != GL_JSON_NONE)
        answer->choice[at].text = append_value(answer, line->content);
    if (line->tool_calls.kind != GL_JSON_ARRAY) return true;
    static const gl_json nothing = { GL_JSON_OBJECT, { "{}", 2 } };
    gl_json call, name, arguments;
    gl_json_iter iter = gl_json_begin(line->tool_calls);
    while (gl_json_next(&iter, NULL, &call)) {
        mock_line_call(call, &name, &arguments);
        if (arguments.kind == GL_JSON_NONE) arguments = nothing;
        mock_answer_add_call(answer, name, append_value(answer, arguments));
    }
    if (answer->choice[at].calls != 0) answer->choice[at].finish = MOCK_FINISH_TOOL_CALLS;
    return true;
}

static void finish_as_scripted(mock_answer *answer, mock_choice *choice)
{
    if (answer->line == NULL) return;
    for (mock_finish i = MOCK_FINISH_STOP; i <= MOCK_FINISH_FILTER; i++)
        if (gl_json_string_is(answer->line->finish, mock_finish_name(i))) choice->finish = i;
}

/* Writes the text in its form: a pack's list, words, or JSON. NULL, or the fault of the schema. */
static const char *say_in_format(mock_answer *answer, mock_choice *choice, mock_span message,
                                 size_t variant)
{
    gl_buf *words = &answer->words;
    size_t at = words->len;
    const char *why = NULL;
    if (mock_pack_answer(mock_answer_slice(answer, message), words)) {
        choice->text = span_from(answer, at);
        return NULL;
    }
    if (answer->ask.format == MOCK_FORMAT_TEXT) {
        choice->text = lengthen(answer, say(answer, message, variant));
        return NULL;
    }
    if (answer->ask.format == MOCK_FORMAT_SCHEMA) {
        why = mock_schema_write(answer->ask.schema, seed_of(answer) + variant, words);
    } else {
        mock_span text = say(answer, message, variant);
        at = words->len;
        gl_buf_append_str(words, "{\"answer\":");
        gl_buf_reserve(words, text.len * 6 + 2); /* the longest that escapes make it */
        gl_json_write_string(words, mock_answer_slice(answer, text));
        gl_buf_append_char(words, '}');
    }
    choice->text = span_from(answer, at);
    return why;
}

static int bad_schema(const mock_ask *ask, bool of_tool, const char *why, gl_buf *error)
{
    bool response = ask->form == MOCK_FORM_RESPONSE;
    const char *param = of_tool ? "tools" : response ? "text.format" : "response_format";
    char message[200];
    snprintf(message, sizeof message,
             "Invalid schema in '%s': it has %s, of which the mock makes no value.", param, why);
    return mock_answer_error(400, param, "invalid_schema", message, error);
}

static int make_choice(const mock_model *model, mock_answer *answer, mock_span message,
                       size_t variant, gl_buf *error)
{
    mock_choice *choice = mock_answer_add(answer);
    if (choice == NULL) return 200; /* answer->failed is set */
    if (answer->ask.echo) choice->echo = message;
    if (answer->ask.form != MOCK_FORM_COMPLETION) think(model, answer, choice);
    if (!recite(answer)) {
        const char *why = mock_tools_call(answer, message, seed_of(answer) + variant);
        if (why != NULL) return bad_schema(&answer->ask, true, why, error);
        if (choice->calls == 0) why = say_in_format(answer, choice, message, variant);
        if (why != NULL) return bad_schema(&answer->ask, false, why, error);
    }
    choice->text.len = find_stop(answer, choice->text);
    limit(answer, choice);
    finish_as_scripted(answer, choice);
    return 200;
}

/* --- the whole answer ------------------------------------------------------------------------- */

static int make_choices(const mock_model *model, mock_answer *answer, gl_json content,
                        gl_buf *error)
{
    size_t at = answer->words.len;
    mock_ask_text(content, &answer->words);
    mock_span message = span_from(answer, at);
    int status = 200;
    for (size_t i = 0; i < answer->ask.choices && status == 200; i++) {
        if (answer->failed || answer->words.failed) break;
        status = make_choice(model, answer, message, i, error);
    }
    return status;
}

/* A completion has its choices for each of its prompts; a prompt of tokens has no text. */
static int make_completions(const mock_model *model, mock_answer *answer, gl_buf *error)
{
    const mock_ask *ask = &answer->ask;
    gl_json_iter iter = gl_json_begin(ask->prompt);
    gl_json prompt;
    bool any = false;
    while (gl_json_next(&iter, NULL, &prompt)) {
        bool tokens = prompt.kind == GL_JSON_NUMBER;
        if (any && tokens) break; /* one prompt of many tokens */
        any = true;
        if (answer->count + ask->choices > MOCK_COMPLETIONS_MAX)
            return mock_answer_error(400, "prompt", "invalid_value",
                                     "'prompt' and 'n' ask for more than 2048 choices.", error);
        int status = make_choices(model, answer, prompt, error);
        if (status != 200) return status;
    }
    if (any) return 200;
    return mock_answer_error(400, "prompt", "empty_array",
                             "Invalid 'prompt': empty array. Expected a prompt at least.", error);
}

int mock_model_answer(mock_model *model, mock_form form, gl_slice body, const unsigned char *digest,
                      mock_answer *answer, gl_buf *error)
{
    mock_answer_reset(answer);
    memcpy(answer->digest, digest, MOCK_DIGEST);
    int status = mock_ask_read(&answer->ask, form, body, error);
    if (status != 200) return status;
    if (!mock_models_has(&model->names, answer->ask.model))
        return mock_models_unknown(answer->ask.model, error);
    answer->usage.prompt = (answer->ask.prompt.text.len + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
    answer->line = mock_script_next(&model->script, &answer->ask);
    if (form == MOCK_FORM_EMBEDDING) return mock_embed_answer(answer, error);
    if (form == MOCK_FORM_RERANK) return mock_rerank_answer(answer, error);
    if (form == MOCK_FORM_COMPLETION && answer->ask.prompt.kind == GL_JSON_ARRAY)
        status = make_completions(model, answer, error);
    else
        status = make_choices(model, answer, answer->ask.last_user, error);
    if (status == 200) mock_answer_count(answer);
    return status;
}
