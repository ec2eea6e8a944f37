/*
 * json_tree.h - random JSON values for tests: a tree is grown from a seed and can be written in
 * many spellings that all mean the same (blanks, order of members, escapes, numbers).
 */
#ifndef TEST_SUPPORT_JSON_TREE_H
#define TEST_SUPPORT_JSON_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/utf8.h"

enum { TREE_NODES = 400, TREE_CODES = 6, TREE_CHILDREN = 6 };

typedef struct tree_text {
    uint32_t codes[TREE_CODES];
    size_t count;
} tree_text;

typedef struct tree_node {
    gl_json_kind kind;
    tree_text name;   /* of a member */
    tree_text string; /* of a string */
    uint32_t mantissa;
    int exponent; /* a number is mantissa times 10 to this */
    bool negative;
    struct tree_node *children[TREE_CHILDREN];
    size_t count;
} tree_node;

typedef struct tree {
    tree_node nodes[TREE_NODES];
    size_t count;
    gl_rng rng;
} tree;

static inline tree_text tree_grow_text(gl_rng *rng)
{
    static const uint32_t ends[] = { 0,     0x1F,   0x22,   0x2F,   0x5C,    0x7F,    0x80,
                                     0x7FF, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF };
    tree_text text = { .count = gl_rng_below(rng, TREE_CODES) };
    for (size_t i = 0; i < text.count; i++) {
        switch (gl_rng_below(rng, 8)) {
        case 0:
            text.codes[i] = ends[gl_rng_below(rng, sizeof ends / sizeof *ends)];
            break;
        case 1:
            text.codes[i] = 0xE000 + gl_rng_below(rng, 0x102000);
            break;
        case 2:
            text.codes[i] = gl_rng_below(rng, 0x20);
            break;
        default:
            text.codes[i] = 'a' + gl_rng_below(rng, 4);
            break;
        }
    }
    return text;
}

static inline bool tree_text_equal(const tree_text *a, const tree_text *b)
{
    return a->count == b->count && memcmp(a->codes, b->codes, a->count * sizeof *a->codes) == 0;
}

/* A value; depth is how many more levels it may have. */
static inline tree_node *tree_grow(tree *t, int depth)
{
    tree_node *node = &t->nodes[t->count++];
    *node = (tree_node){ .kind = GL_JSON_NULL };
    bool leaf = depth == 0 || t->count + TREE_CHILDREN * 8 > TREE_NODES;
    node->kind = (gl_json_kind)(GL_JSON_NULL + gl_rng_below(&t->rng, leaf ? 5 : 7));
    node->string = tree_grow_text(&t->rng);
    node->mantissa =
        gl_rng_below(&t->rng, 3) == 0 ? gl_rng_next(&t->rng) : gl_rng_below(&t->rng, 100);
    node->exponent = (int)gl_rng_below(&t->rng, 60) - 30;
    node->negative = gl_rng_below(&t->rng, 2) == 0;
    if (node->kind == GL_JSON_ARRAY || node->kind == GL_JSON_OBJECT) {
        node->count = gl_rng_below(&t->rng, TREE_CHILDREN + 1);
        for (size_t i = 0; i < node->count; i++) {
            node->children[i] = tree_grow(t, depth - 1);
            node->children[i]->name = tree_grow_text(&t->rng);
            /* Names repeat now and then. */
            if (i > 0 && gl_rng_below(&t->rng, 5) == 0)
                node->children[i]->name = node->children[i - 1]->name;
        }
    }
    return node;
}

/* --- writing, each choice by the dice -------------------------------------------------------- */

static inline void tree_write_blanks(gl_rng *dice, gl_buf *out)
{
    while (gl_rng_below(dice, 4) == 0) gl_buf_append_char(out, " \t\r\n"[gl_rng_below(dice, 4)]);
}

static inline void tree_write_unit(gl_rng *dice, gl_buf *out, uint32_t unit)
{
    gl_buf_printf(out, gl_rng_below(dice, 2) == 0 ? "\\u%04x" : "\\u%04X", (unsigned)unit);
}

static inline void tree_write_text(gl_rng *dice, gl_buf *out, const tree_text *text)
{
    static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\//";
    gl_buf_append_char(out, '"');
    for (size_t i = 0; i < text->count; i++) {
        uint32_t code = text->codes[i];
        const char *letter = code != 0 && code < 0x80 ? strchr(letters, (int)code) : NULL;
        bool must = code < 0x20 || code == '"' || code == '\\';
        /* Only the first of a pair is a character, the second is its letter. */
        if (letter != NULL && (letter - letters) % 2 != 0) letter = NULL;
        if (letter != NULL && gl_rng_below(dice, 2) == 0) {
            gl_buf_append_char(out, '\\');
            gl_buf_append_char(out, letter[1]);
        } else if (must || gl_rng_below(dice, 3) == 0) {
            if (code >= 0x10000) {
                tree_write_unit(dice, out, 0xD800 + ((code - 0x10000) >> 10));
                code = 0xDC00 + ((code - 0x10000) & 0x3FF);
            }
            tree_write_unit(dice, out, code);
        } else {
            char bytes[4];
            gl_buf_append(out, bytes, gl_utf8_encode(code, bytes));
        }
    }
    gl_buf_append_char(out, '"');
}

/* The digits with zeros before the point or behind it, the point anywhere, the exponent to fit. */
static inline void tree_write_number(gl_rng *dice, gl_buf *out, const tree_node *node)
{
    char digits[64];
    int zeros = (int)gl_rng_below(dice, 4), exponent = node->exponent - zeros, len = 0;
    for (uint32_t m = node->mantissa; m != 0; m /= 10) digits[len++] = (char)('0' + m % 10);
    for (int i = 0; i < len / 2; i++) {
        char swap = digits[i];
        digits[i] = digits[len - 1 - i];
        digits[len - 1 - i] = swap;
    }
    if (len == 0) digits[len++] = '0';
    while (zeros-- > 0) digits[len++] = '0';
    if (node->negative) gl_buf_append_char(out, '-');
    if (node->mantissa == 0) {
        gl_buf_append_char(out, '0');
        if (gl_rng_below(dice, 2) == 0) gl_buf_append_str(out, ".000");
        if (gl_rng_below(dice, 2) == 0) gl_buf_printf(out, "E%d", exponent);
        return;
    }
    int whole = (int)gl_rng_below(dice, (uint32_t)len + 1);
    if (whole == 0) gl_buf_append_str(out, "0");
    gl_buf_append(out, digits, (size_t)whole);
    if (whole < len) {
        gl_buf_append_char(out, '.');
        gl_buf_append(out, digits + whole, (size_t)(len - whole));
        exponent += len - whole;
    }
    if (exponent == 0 && gl_rng_below(dice, 2) == 0) return;
    gl_buf_append_char(out, "eE"[gl_rng_below(dice, 2)]);
    if (exponent >= 0 && gl_rng_below(dice, 2) == 0) gl_buf_append_char(out, '+');
    if (exponent < 0) gl_buf_append_char(out, '-');
    if (gl_rng_below(dice, 4) == 0) gl_buf_append_str(out, "00");
    gl_buf_append_i64(out, exponent < 0 ? -exponent : exponent);
}

/* The order of the members: members of one name keep theirs. */
static inline void tree_shuffle(gl_rng *dice, const tree_node *node, const tree_node **order)
{
    for (size_t i = 0; i < node->count; i++) order[i] = node->children[i];
    for (size_t turn = 0; node->count > 1 && turn < 3 * node->count; turn++) {
        size_t i = gl_rng_below(dice, (uint32_t)node->count - 1);
        if (tree_text_equal(&order[i]->name, &order[i + 1]->name)) continue;
        const tree_node *swap = order[i];
        order[i] = order[i + 1];
        order[i + 1] = swap;
    }
}

static inline void tree_write(gl_rng *dice, gl_buf *out, const tree_node *node)
{
    static const char *const words[] = { "null", "false", "true" };
    tree_write_blanks(dice, out);
    switch (node->kind) {
    case GL_JSON_NUMBER:
        tree_write_number(dice, out, node);
        break;
    case GL_JSON_STRING:
        tree_write_text(dice, out, &node->string);
        break;
    case GL_JSON_ARRAY:
    case GL_JSON_OBJECT: {
        bool object = node->kind == GL_JSON_OBJECT;
        const tree_node *order[TREE_CHILDREN];
        for (size_t i = 0; i < node->count; i++) order[i] = node->children[i];
        if (object) tree_shuffle(dice, node, order);
        gl_buf_append_char(out, object ? '{' : '[');
        tree_write_blanks(dice, out);
        for (size_t i = 0; i < node->count; i++) {
            if (i > 0) gl_buf_append_char(out, ',');
            tree_write_blanks(dice, out);
            if (object) {
                tree_write_text(dice, out, &order[i]->name);
                tree_write_blanks(dice, out);
                gl_buf_append_char(out, ':');
            }
            tree_write(dice, out, order[i]);
        }
        gl_buf_append_char(out, object ? '}' : ']');
        break;
    }
    default:
        gl_buf_append_str(out, words[node->kind - GL_JSON_NULL]);
        break;
    }
    tree_write_blanks(dice, out);
}

#endif
