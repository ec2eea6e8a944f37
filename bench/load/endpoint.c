/* endpoint.c - see endpoint.h. */
#include "load/endpoint.h"

#include "base/json.h"

static const struct {
    const char *name, *path;
    bool writes;
} table[LOAD_ENDPOINTS] = {
    [LOAD_CHAT] = { "chat", "/chat/completions", true },
    [LOAD_COMPLETIONS] = { "completions", "/completions", true },
    [LOAD_RESPONSES] = { "responses", "/responses", true },
    [LOAD_EMBEDDINGS] = { "embeddings", "/embeddings", false },
    [LOAD_RERANK] = { "rerank", "/rerank", false },
};

const char *load_endpoint_name(load_endpoint endpoint)
{
    return table[endpoint].name;
}

const char *load_endpoint_path(load_endpoint endpoint)
{
    return table[endpoint].path;
}

bool load_endpoint_writes(load_endpoint endpoint)
{
    return table[endpoint].writes;
}

bool load_endpoint_find(gl_slice name, load_endpoint *endpoint)
{
    for (int i = 0; i < LOAD_ENDPOINTS; i++)
        if (gl_slice_is(name, table[i].name)) {
            *endpoint = (load_endpoint)i;
            return true;
        }
    return false;
}

/* Returns a vector's size: its numbers, or its letters of base64; 0: it is no vector. */
static uint64_t size_of(gl_json vector)
{
    uint64_t size = 0;
    gl_json number;
    double value;
    if (vector.kind == GL_JSON_STRING) return vector.text.len - 2;
    if (vector.kind != GL_JSON_ARRAY) return 0;
    gl_json_iter iter = gl_json_begin(vector);
    while (gl_json_next(&iter, NULL, &number)) {
        if (!gl_json_double(number, &value)) return 0;
        size++;
    }
    return size;
}

static const char *wrong_vectors(gl_json root, uint32_t texts)
{
    gl_json data = gl_json_get(root, "data"), item;
    uint64_t size = 0, count = 0;
    if (data.kind != GL_JSON_ARRAY) return "the answer has no data";
    gl_json_iter iter = gl_json_begin(data);
    while (gl_json_next(&iter, NULL, &item)) {
        uint64_t this = size_of(gl_json_get(item, "embedding"));
        if (this == 0) return "an embedding is no vector";
        if (count++ > 0 && this != size) return "the embeddings are of different sizes";
        size = this;
    }
    return count == texts ? NULL : "there is not one embedding for each text";
}

static const char *wrong_ranks(gl_json root, uint32_t texts)
{
    gl_json results = gl_json_get(root, "results"), item;
    unsigned char seen[LOAD_TEXTS_MAX / 8] = { 0 }; /* a bit a document */
    uint32_t count = 0;
    if (results.kind != GL_JSON_ARRAY) return "the answer has no results";
    gl_json_iter iter = gl_json_begin(results);
    while (gl_json_next(&iter, NULL, &item)) {
        int64_t index;
        double score;
        if (!gl_json_int64(gl_json_get(item, "index"), &index) || index < 0 || index >= texts ||
            index >= LOAD_TEXTS_MAX)
            return "a result has no index of a document";
        if (!gl_json_double(gl_json_get(item, "relevance_score"), &score) &&
            !gl_json_double(gl_json_get(item, "score"), &score))
            return "a result has no relevance_score";
        unsigned char bit = (unsigned char)(1U << (index % 8));
        if ((seen[index / 8] & bit) != 0) return "a document is ranked twice";
        seen[index / 8] |= bit;
        count++;
    }
    return count == texts ? NULL : "there is not one result for each document";
}

const char *load_endpoint_wrong(load_endpoint endpoint, uint32_t texts, gl_slice body, bool empty)
{
    gl_json root;
    if (load_endpoint_writes(endpoint)) return empty ? "the answer says nothing" : NULL;
    if (gl_json_check(body, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT)
        return "the answer is no JSON object";
    return endpoint == LOAD_EMBEDDINGS ? wrong_vectors(root, texts) : wrong_ranks(root, texts);
}
