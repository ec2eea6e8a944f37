/* mock_model.c - see mock_model.h. */
#include "mock/mock_model.h"

#include "mock/mock_embed.h"
#include "mock/mock_error.h"
#include "mock/mock_pack.h"
#include "mock/mock_words.h"

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

/* --- what a choice says ----------------------------------------------------------------------- */

/* Where the first of the texts that stop it begins, or its end. */
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

/* A message's answer, behind all words so far. The message is in words too. */
static mock_span say(mock_answer *answer, mock_span message, size_t variant)
{
    gl_buf *words = &answer->words;
    gl_buf_reserve(words, MOCK_GIST_MAX); /* what is said moves the message no more */
    size_t at = words->len;
    gl_slice text = mock_answer_slice(answer, message);
    if (!mock_pack_answer(text, words)) mock_words_answer(text, words);
    if (variant != 0) gl_buf_printf(words, " (%zu)", variant + 1);
    return span_from(answer, at);
}

/* Longer, where the request asks for so many tokens at least; the text ends words. */
static mock_span lengthen(mock_answer *answer, mock_span text)
{
    const mock_ask *ask = &answer->ask;
    int64_t least = ask->ignore_eos && ask->max_tokens >= 0 ? ask->max_tokens : ask->min_tokens;
    uint64_t has = least > 0 ? mock_words_count(mock_answer_slice(answer, text)) : 0;
    if (least <= 0 || has >= (uint64_t)least) return text;
    mock_words_fill((uint64_t)least - has, seed_of(answer), text.len != 0, &answer->words);
    return span_from(answer, text.at);
}

/* The first tokens of a text, as many as are left. */
static void take_tokens(mock_answer *answer, mock_span *text, uint64_t *left, bool *cut)
{
    size_t len = mock_words_first(mock_answer_slice(answer, *text), *left);
    *cut |= len < text->len;
    text->len = len;
    *left -= mock_words_count(mock_answer_slice(answer, *text));
}

/* No more than max_tokens, of which thinking takes its part first. */
static void limit(mock_answer *answer, mock_choice *choice)
{
    uint64_t left = (uint64_t)answer->ask.max_tokens;
    bool cut = false;
    if (answer->ask.max_tokens < 0) return;
    take_tokens(answer, &choice->reasoning, &left, &cut);
    take_tokens(answer, &choice->text, &left, &cut);
    if (cut) choice->finish = MOCK_FINISH_LENGTH;
}

static void think(const mock_model *model, mock_answer *answer, mock_choice *choice)
{
    size_t at = answer->words.len;
    if (model->reasoning == 0) return;
    mock_words_fill(model->reasoning, seed_of(answer) >> 8, false, &answer->words);
    choice->reasoning = span_from(answer, at);
}

static void make_choice(const mock_model *model, mock_answer *answer, mock_span message,
                        size_t variant)
{
    mock_choice *choice = mock_answer_add(answer);
    if (choice == NULL) return;
    if (answer->ask.echo) choice->echo = message;
    if (answer->ask.form != MOCK_FORM_COMPLETION) think(model, answer, choice);
    choice->text = lengthen(answer, say(answer, message, variant));
    choice->text.len = find_stop(answer, choice->text);
    limit(answer, choice);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void make_choices(const mock_model *model, mock_answer *answer, gl_json content)
{
    size_t at = answer->words.len;
    mock_ask_text(content, &answer->words);
    mock_span message = span_from(answer, at);
    for (size_t i = 0; i < answer->ask.choices && !answer->failed && !answer->words.failed; i++)
        make_choice(model, answer, message, i);
}

/* A completion has its choices for each of its prompts; a prompt of tokens has no text. */
static int make_completions(const mock_model *model, mock_answer *answer, gl_buf *error)
{
    const mock_ask *ask = &answer->ask;
    gl_json_iter iter = gl_json_begin(ask->said);
    gl_json prompt;
    bool any = false;
    while (gl_json_next(&iter, NULL, &prompt)) {
        bool tokens = prompt.kind == GL_JSON_NUMBER;
        if (any && tokens) break; /* one prompt of many tokens */
        any = true;
        if (answer->count + ask->choices > MOCK_COMPLETIONS_MAX)
            return mock_answer_error(400, "prompt", "invalid_value",
                                     "'prompt' and 'n' ask for more than 2048 choices.", error);
        make_choices(model, answer, prompt);
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
    answer->usage.prompt = (answer->ask.said.text.len + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
    if (form == MOCK_FORM_EMBEDDING) return mock_embed_answer(answer, error);
    if (form == MOCK_FORM_RERANK) return mock_rerank_answer(answer, error);
    if (form == MOCK_FORM_COMPLETION && answer->ask.said.kind == GL_JSON_ARRAY) {
        status = make_completions(model, answer, error);
        if (status != 200) return status;
    } else {
        make_choices(model, answer, answer->ask.last_user);
    }
    mock_answer_count(answer);
    return 200;
}
