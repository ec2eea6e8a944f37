/* embed.c - see embed.h. A text's unit vector depends on the text alone. */
#include "mock/embed.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/siphash.h"
#include "mock/error.h"

#define EMBEDDING_INPUTS 2048 /* most inputs in one request, by the API's reference */
#define DIMENSIONS_MAX   4096 /* the largest in the table */

typedef struct size_of_model {
    const char *part; /* of the model's name */
    uint16_t size;
    bool fixed; /* `dimensions` is refused */
} size_of_model;

/* By the models' own cards. The first that fits; other models have OTHER_SIZE. */
static const size_of_model sizes[] = {
    { "text-embedding-3-large", 3072, false },
    { "text-embedding-3-small", 1536, false },
    { "text-embedding-ada-002", 1536, true },
    { "nomic-embed-text", 768, false },
    { "mxbai-embed-large", 1024, false },
    { "all-minilm", 384, true },
    { "bge-m3", 1024, true },
    { "bge-large", 1024, true },
    { "bge-base", 768, true },
    { "bge-small", 384, true },
    { "e5-large", 1024, true },
    { "e5-base", 768, true },
    { "e5-small", 384, true },
    { "jina-embeddings-v3", 1024, false },
    { "jina-embeddings-v2", 768, true },
    { "Qwen3-Embedding-8B", 4096, false },
    { "Qwen3-Embedding-4B", 2560, false },
    { "Qwen3-Embedding-0.6B", 1024, false },
};
#define OTHER_SIZE 8 /* for an unknown model: short, to be read by a person */

static const size_of_model *size_of(gl_json model)
{
    static const size_of_model other = { "", OTHER_SIZE, false };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (memmem(model.text.data, model.text.len, sizes[i].part, strlen(sizes[i].part)) != NULL)
            return &sizes[i];
    return &other;
}

/* Little-endian 32-bit floats in base64, the form that the official SDKs ask for. */
static void append_base64(gl_buf *out, const float *vector, size_t count)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bytes = count * 4;
    for (size_t i = 0; i < bytes; i += 3) {
        uint32_t group = 0;
        for (size_t j = i; j < i + 3; j++) {
            uint32_t bits = 0;
            if (j < bytes) memcpy(&bits, &vector[j / 4], sizeof bits);
            group = group << 8 | (bits >> (8 * (j % 4)) & 0xff);
        }
        for (size_t j = 0; j < 4; j++)
            gl_buf_append_char(out, i + j > bytes ? '=' : letters[group >> (18 - 6 * j) & 63]);
    }
}

static void append_vector(gl_buf *out, gl_slice of, size_t count, bool base64)
{
    float vector[DIMENSIONS_MAX];
    gl_rng rng;
    gl_rng_seed(&rng, gl_hash(0, of.data, of.len));
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        vector[i] = (float)(2 * gl_rng_uniform(&rng) - 1);
        sum += (double)vector[i] * (double)vector[i];
    }
    double length = sum > 0 ? sqrt(sum) : 1; /* of unit length, as OpenAI's are */
    for (size_t i = 0; i < count; i++) vector[i] = (float)((double)vector[i] / length);
    if (base64) {
        gl_buf_append_char(out, '"');
        append_base64(out, vector, count);
        gl_buf_append_char(out, '"');
        return;
    }
    gl_buf_append_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        gl_json_write_double(out, nearbyint((double)vector[i] * 1e6) / 1e6);
    }
    gl_buf_append_char(out, ']');
}

static void append_embedding(gl_buf *out, size_t index, gl_slice of, size_t count, bool base64)
{
    if (index != 0) gl_buf_append_char(out, ',');
    gl_buf_append_str(out, "{\"object\":\"embedding\",\"index\":");
    gl_buf_append_u64(out, index);
    gl_buf_append_str(out, ",\"embedding\":");
    append_vector(out, of, count, base64);
    gl_buf_append_char(out, '}');
}

/* Whether a text of them is empty, as OpenAI refuses it. */
static bool has_empty_text(const mock_ask *ask)
{
    gl_json item;
    if (ask->prompt.kind == GL_JSON_STRING) return ask->prompt.text.len <= 2;
    gl_json_iter iter = gl_json_begin(ask->prompt);
    while (gl_json_next(&iter, NULL, &item))
        if (item.kind == GL_JSON_STRING && item.text.len <= 2) return true;
    return false;
}

/* Writes the vectors of all inputs; returns how many there were. */
static size_t write_vectors(const mock_ask *ask, size_t size, gl_buf *out)
{
    gl_json item;
    size_t inputs = 0;
    if (ask->prompt.kind == GL_JSON_STRING) {
        append_embedding(out, 0, ask->prompt.text, size, ask->base64);
        return 1;
    }
    gl_json_iter iter = gl_json_begin(ask->prompt), first = iter;
    if (gl_json_next(&first, NULL, &item) && item.kind == GL_JSON_NUMBER) {
        append_embedding(out, 0, ask->prompt.text, size, ask->base64); /* tokens are one input */
        return 1;
    }
    while (inputs <= EMBEDDING_INPUTS && gl_json_next(&iter, NULL, &item))
        append_embedding(out, inputs++, item.text, size, ask->base64);
    return inputs;
}

int mock_embed_answer(mock_answer *answer, gl_buf *error)
{
    const mock_ask *ask = &answer->ask;
    const size_of_model *model = size_of(ask->model);
    if (ask->dimensions != 0 && model->fixed)
        return mock_answer_error(400, "dimensions", NULL,
                                 "This model does not support specifying dimensions.", error);
    int64_t most = model->size != OTHER_SIZE ? model->size : DIMENSIONS_MAX;
    if (ask->dimensions > most) {
        char message[100];
        snprintf(message, sizeof message, "Invalid 'dimensions': this model has 1 to %d of them.",
                 (int)most);
        return mock_answer_error(400, "dimensions", "invalid_value", message, error);
    }
    if (has_empty_text(ask))
        return mock_answer_error(400, "input", "invalid_value",
                                 "Invalid 'input': an input cannot be an empty text.", error);
    size_t size = ask->dimensions != 0 ? (size_t)ask->dimensions : model->size;
    answer->data.at = answer->words.len;
    size_t inputs = write_vectors(ask, size, &answer->words);
    answer->data.len = answer->words.len - answer->data.at;
    if (inputs == 0 || inputs > EMBEDDING_INPUTS)
        return mock_answer_error(400, "input", "invalid_value",
                                 "'input' must hold 1 to 2048 inputs.", error);
    return 200;
}
