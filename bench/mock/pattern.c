/* pattern.c - writes a text that a regular expression matches: literals, '.', classes, \d \w \s,
 * groups, '|', '?', '*', '+' and {m,n}. See schema_private.h. */
#include "mock/schema_private.h"

#define REPEAT_MAX 1000  /* of {m,n} */
#define MORE       2     /* beyond the least, where there is no most */
#define TEXT_MAX   10000 /* bytes */
#define STEPS_MAX  20000 /* parts written, empty ones too */
#define DEPTH_MAX  16    /* groups within groups */

typedef struct pattern {
    const char *at, *end;
    gl_rng *rng;
    gl_buf *out; /* NULL: only skips */
    size_t start, steps;
    int depth;
    bool bad;
} pattern;

static bool alternatives(pattern *p);

static void put(pattern *p, char c)
{
    if (p->out == NULL || p->bad) return;
    if (p->out->len - p->start > TEXT_MAX || (unsigned char)c < ' ') {
        p->bad = true;
        return;
    }
    if (c == '"' || c == '\\') gl_buf_append_char(p->out, '\\');
    gl_buf_append_char(p->out, c);
}

/* --- sets of characters ----------------------------------------------------------------------- */

/* Printable ASCII, from ' ' on. */
typedef struct set {
    bool has[95];
} set;

static void add(set *s, char from, char to)
{
    for (int c = from; c <= to; c++)
        if (c >= ' ' && c <= '~') s->has[c - ' '] = true;
}

/* Adds the characters of \d and the like. false: it is another escape, the character itself in
 * *c. */
static bool add_escape(set *s, char *c)
{
    set inner = { { false } };
    bool inverse = *c == 'D' || *c == 'W' || *c == 'S';
    switch (*c | 0x20) {
    case 'd':
        add(&inner, '0', '9');
        break;
    case 'w':
        add(&inner, 'a', 'z');
        add(&inner, 'A', 'Z');
        add(&inner, '0', '9');
        add(&inner, '_', '_');
        break;
    case 's':
        add(&inner, ' ', ' ');
        break;
    default:
        return false;
    }
    for (size_t i = 0; i < sizeof s->has; i++) s->has[i] |= inner.has[i] != inverse;
    return true;
}

static void put_one_of(pattern *p, const set *s)
{
    size_t count = 0, chosen;
    /* Letters and digits first: easier to read, and seldom a difficulty for a parser. */
    set plain = { { false } }, both = { { false } };
    add(&plain, '0', '9');
    add(&plain, 'A', 'Z');
    add(&plain, 'a', 'z');
    for (size_t i = 0; i < sizeof s->has; i++) count += both.has[i] = s->has[i] && plain.has[i];
    if (count == 0)
        for (size_t i = 0; i < sizeof s->has; i++) count += both.has[i] = s->has[i];
    if (count == 0) {
        p->bad = true;
        return;
    }
    chosen = gl_rng_below(p->rng, (uint32_t)count);
    for (size_t i = 0; i < sizeof both.has; i++)
        if (both.has[i] && chosen-- == 0) put(p, (char)(' ' + i));
}

/* Behind '['. */
static void class_of(pattern *p)
{
    set s = { { false } };
    bool inverse = p->at < p->end && *p->at == '^';
    if (inverse) p->at++;
    while (p->at < p->end && *p->at != ']') {
        char from = *p->at++;
        if (from == '\\' && p->at < p->end) {
            from = *p->at++;
            if (add_escape(&s, &from)) continue;
            if (strchr("nrtfvbuxpPcB0", from) != NULL) p->bad = true;
        }
        char to = from;
        if (p->end - p->at > 1 && p->at[0] == '-' && p->at[1] != ']') {
            to = p->at[1];
            p->at += 2;
            if (to == '\\' && p->at < p->end) to = *p->at++;
        }
        add(&s, from, to);
    }
    if (p->at == p->end) {
        p->bad = true;
        return;
    }
    p->at++;
    for (size_t i = 0; inverse && i < sizeof s.has; i++) s.has[i] = !s.has[i];
    put_one_of(p, &s);
}

/* --- one part, and its repeats ---------------------------------------------------------------- */

static void escape(pattern *p)
{
    set s = { { false } };
    if (p->at == p->end) {
        p->bad = true;
        return;
    }
    char c = *p->at++;
    if (add_escape(&s, &c))
        put_one_of(p, &s);
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        p->bad = true; /* \b, \1, \u...: not here */
    else
        put(p, c);
}

static void group(pattern *p)
{
    if (p->end - p->at >= 2 && p->at[0] == '?') {
        if (p->at[1] != ':') { /* looking around, or a name */
            p->bad = true;
            return;
        }
        p->at += 2;
    }
    if (++p->depth > DEPTH_MAX || !alternatives(p) || p->at == p->end || *p->at != ')')
        p->bad = true;
    else
        p->at++;
    p->depth--;
}

/* Writes a single part, without its repeats. */
static void part(pattern *p)
{
    set any = { { false } };
    char c = *p->at++;
    switch (c) {
    case '\\':
        escape(p);
        break;
    case '[':
        class_of(p);
        break;
    case '(':
        group(p);
        break;
    case '.':
        add(&any, ' ', '~');
        put_one_of(p, &any);
        break;
    case '^':
    case '$': /* the text ends here */
        break;
    case '*':
    case '+':
    case '?':
        p->bad = true;
        break;
    default:
        put(p, c);
        while (p->at < p->end && ((unsigned char)*p->at & 0xc0) == 0x80) /* of one character */
            put(p, *p->at++);
    }
}

static bool number(pattern *p, uint32_t *value)
{
    const char *start = p->at;
    *value = 0;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9' && *value <= REPEAT_MAX)
        *value = *value * 10 + (uint32_t)(*p->at++ - '0');
    return p->at != start && *value <= REPEAT_MAX;
}

/* Reads the number of repeats behind a part. */
static void read_repeat(pattern *p, uint32_t *least, uint32_t *most)
{
    *least = *most = 1;
    if (p->at == p->end) return;
    if (*p->at == '{') {
        p->at++;
        if (!number(p, least)) p->bad = true;
        *most = *least;
        if (p->at < p->end && *p->at == ',') {
            p->at++;
            *most = *least + MORE;
            if (p->at < p->end && *p->at != '}' && !number(p, most)) p->bad = true;
        }
        if (p->at == p->end || *p->at != '}' || *most < *least) p->bad = true;
        if (p->at < p->end) p->at++;
    } else if (*p->at == '*' || *p->at == '+' || *p->at == '?') {
        *least = *p->at == '+';
        *most = *p->at++ == '?' ? 1 : *least + MORE;
    } else {
        return;
    }
    if (p->at < p->end && *p->at == '?') p->at++; /* the least that matches is asked for */
}

/* Skips one part. */
static void skip(pattern *p)
{
    gl_buf *out = p->out;
    p->out = NULL;
    part(p);
    p->out = out;
}

static void repeated(pattern *p)
{
    uint32_t least, most;
    const char *start = p->at;
    skip(p);
    read_repeat(p, &least, &most);
    const char *behind = p->at;
    uint32_t times = p->bad ? 0 : least + gl_rng_below(p->rng, most - least + 1);
    for (uint32_t i = 0; i < times && p->out != NULL && !p->bad; i++) {
        p->at = start;
        part(p);
        if (++p->steps > STEPS_MAX) p->bad = true;
    }
    p->at = behind;
}

static void sequence(pattern *p)
{
    while (p->at < p->end && *p->at != '|' && *p->at != ')' && !p->bad) repeated(p);
}

/* Takes one of several sequences. Ends at the ')' or the end. */
static bool alternatives(pattern *p)
{
    const char *start = p->at;
    gl_buf *out = p->out;
    uint32_t count = 1, chosen;
    p->out = NULL;
    for (sequence(p); p->at < p->end && *p->at == '|' && !p->bad; sequence(p)) {
        p->at++;
        count++;
    }
    const char *behind = p->at;
    p->out = out;
    if (out == NULL || p->bad) return !p->bad;
    chosen = gl_rng_below(p->rng, count);
    p->at = start;
    p->out = chosen == 0 ? out : NULL;
    for (sequence(p); chosen != 0 && !p->bad; sequence(p)) {
        p->at++;
        p->out = --chosen == 0 ? out : NULL;
    }
    p->out = out;
    p->at = behind;
    return !p->bad;
}

bool mock_pattern_write(gl_slice text, gl_rng *rng, gl_buf *out)
{
    pattern p = {
        .at = text.data, .end = text.data + text.len, .rng = rng, .out = out, .start = out->len
    };
    bool whole = alternatives(&p) && p.at == p.end;
    if (!whole && !out->failed) out->len = p.start;
    return whole;
}
