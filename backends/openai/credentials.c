/*
 * credentials.c - see credentials.h. Reads nothing but its arguments, and keeps the secrets in a
 * gl_secrets.
 */
#include "openai/credentials.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"

/* A shorter word is a placeholder ("none", "ollama"), no secret. */
#define SECRET_MIN 8
/* Longer than any word of a dictionary in an answer: "uncharacteristically" has 20 letters. */
#define WORD_MAX 24
/* Card numbers and times in nanoseconds have up to 19 digits; 16 is where keys of digits begin. */
#define NUMBER_MAX 16

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Also a byte of a letter outside ASCII: most words with one are words of a language. */
static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* --- names --- */

bool gl_credentials_name(gl_slice name)
{
    static const char *const words[] = {
        "accesskey", "accesstoken", "apikey",        "apitoken",       "appkey",      "auth",
        "authtoken", "bearer",      "cookie",        "credential",     "jwt",         "key",
        "passcode",  "passphrase",  "passwd",        "password",       "secret",      "secretkey",
        "signature", "token",       "authorization", "authentication", "credentials",
    };
    for (size_t at = 0; at < name.len;) {
        size_t len = 0;
        while (at + len < name.len && strchr("-_.", name.data[at + len]) == NULL) len++;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strlen(words[i]) == len && strncasecmp(name.data + at, words[i], len) == 0)
                return true;
        at += len + 1;
    }
    return false;
}

/* --- values --- */

/* Letters alone, in the shape of a word or of two: word, Word, WORD, JavaScript, PostgreSQL. A
 * capital behind a small letter begins a word of three letters at least, or capitals to the end. */
static bool is_written_word(gl_slice word)
{
    if (word.len >= WORD_MAX) return false;
    for (size_t i = 0; i < word.len; i++)
        if (!is_upper(word.data[i]) && !is_lower(word.data[i])) return false;
    for (size_t i = 0; i < word.len;) {
        size_t upper = 0, lower = 0;
        while (i < word.len && is_upper(word.data[i])) upper++, i++;
        while (i < word.len && is_lower(word.data[i])) lower++, i++;
        if (i < word.len && lower < 2) return false;
        if (upper > 1 && lower != 0) return false;
        if (lower == 1 && upper == 1) return false;
    }
    return true;
}

/* Returns true for numbers, dates and times as JSON and people write them: covering one would spoil
 * the answer. */
static bool is_number(gl_slice word)
{
    if (word.len >= NUMBER_MAX) return false;
    for (size_t i = 0; i < word.len; i++)
        if (!is_digit(word.data[i]) && memchr("+-.,:/%", word.data[i], 7) == NULL) return false;
    return true;
}

bool gl_credentials_look(gl_slice word)
{
    return word.len >= SECRET_MIN && !is_written_word(word) && !is_number(word);
}

static glimpse_error add(gl_secrets *secrets, gl_slice word)
{
    return gl_credentials_look(word) ? gl_secrets_add(secrets, word) : GLIMPSE_OK;
}

/* Adds a word, and both sides of name=value; an equals sign at the end is base64's. */
static glimpse_error add_word(gl_secrets *secrets, gl_slice word)
{
    const char *equals = memchr(word.data, '=', word.len);
    size_t name = equals != NULL ? (size_t)(equals - word.data) : word.len, value = name;
    while (value < word.len && word.data[value] == '=') value++;
    gl_slice before = gl_slice_of(word.data, name);
    if (value == word.len) return is_written_word(before) ? GLIMPSE_OK : add(secrets, word);
    glimpse_error error = add(secrets, before);
    if (error != GLIMPSE_OK) return error;
    return add(secrets, gl_slice_of(word.data + name + 1, word.len - name - 1));
}

/* --- base64 --- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void append_base64(gl_buf *out, gl_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        unsigned bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < have ? (unsigned char)bytes.data[i + j] : 0U);
        for (size_t j = 0; j < 4; j++)
            gl_buf_append_char(out, j > have ? '=' : base64_digits[bits >> (18 - 6 * j) & 63]);
    }
}

/* Decodes up to the first character that is not base64. */
static void append_decoded(gl_buf *out, gl_slice text)
{
    unsigned bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.data[i] != '\0' ? strchr(base64_digits, text.data[i]) : NULL;
        if (digit == NULL) return;
        bits = bits << 6 | (unsigned)(digit - base64_digits);
        if (i % 4 != 0) gl_buf_append_char(out, (char)(bits >> (6 - 2 * (i % 4)) & 0xFF));
    }
}

/* Adds "user:password" in base64, as Basic has it, and both parts. */
static glimpse_error add_basic(gl_secrets *secrets, gl_slice text)
{
    gl_buf plain;
    gl_buf_init(&plain, SIZE_MAX / 2);
    append_decoded(&plain, text);
    glimpse_error error = plain.failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK;
    const char *colon = plain.len != 0 ? memchr(plain.data, ':', plain.len) : NULL;
    if (error == GLIMPSE_OK && colon != NULL) {
        size_t user = (size_t)(colon - plain.data);
        error = add(secrets, gl_slice_of(plain.data, user));
        if (error == GLIMPSE_OK) error = add(secrets, gl_slice_of(colon + 1, plain.len - user - 1));
    }
    if (plain.len != 0) explicit_bzero(plain.data, plain.len);
    gl_buf_free(&plain);
    return error;
}

/* --- the sent texts --- */

glimpse_error gl_credentials_key(gl_secrets *secrets, const char *key)
{
    return add(secrets, gl_slice_str(key));
}

static bool ends_in(gl_slice name, const char *end)
{
    size_t len = strlen(end);
    return name.len >= len && strncasecmp(name.data + name.len - len, end, len) == 0;
}

static bool has_digit(gl_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_digit(text.data[i])) return true;
    return false;
}

glimpse_error gl_credentials_header(gl_secrets *secrets, const char *line)
{
    static const char separators[] = " \t;,\"";
    gl_slice name = gl_slice_of(line, strcspn(line, ":"));
    if (line[name.len] != ':' || !gl_credentials_name(name)) return GLIMPSE_OK;
    const char *at = line + name.len + 1;
    at += strspn(at, " \t");
    size_t before = secrets->count, scheme = strcspn(at, separators);
    gl_slice value = gl_slice_str(at);
    bool basic = false;
    /* "Basic dXNlcjpwYXNz": the scheme is a word of the specification, and no secret. */
    if (ends_in(name, "authorization") && at[scheme] == ' ') {
        basic = scheme == strlen("Basic") && strncasecmp(at, "Basic", scheme) == 0;
        at += scheme;
    }
    glimpse_error error = GLIMPSE_OK;
    while (error == GLIMPSE_OK && *(at += strspn(at, separators)) != '\0') {
        gl_slice word = gl_slice_of(at, strcspn(at, separators));
        error = add_word(secrets, word);
        if (error == GLIMPSE_OK && basic) error = add_basic(secrets, word);
        at += word.len;
    }
    /* A key may hold characters that separate words elsewhere. */
    if (error == GLIMPSE_OK && secrets->count == before && has_digit(value) &&
        strcspn(value.data, " \t") == value.len)
        error = add(secrets, value);
    return error;
}

static int hex(char c)
{
    const char small = (char)(c | 0x20);
    return is_digit(c) ? c - '0' : small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

static void append_unescaped(gl_buf *out, gl_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = -1, low = -1;
        if (text.data[i] == '%' && i + 2 < text.len)
            high = hex(text.data[i + 1]), low = hex(text.data[i + 2]);
        gl_buf_append_char(out, high >= 0 && low >= 0 ? (char)(high << 4 | low) : text.data[i]);
        if (high >= 0 && low >= 0) i += 2;
    }
}

glimpse_error gl_credentials_proxy(gl_secrets *secrets, const char *url)
{
    if (url == NULL) return GLIMPSE_OK;
    const char *scheme = strstr(url, "://"), *authority = scheme != NULL ? scheme + 3 : url;
    const char *at = memrchr(authority, '@', strcspn(authority, "/?#"));
    if (at == NULL) return GLIMPSE_OK;
    gl_slice both = gl_slice_of(authority, (size_t)(at - authority)), user = both;
    const char *colon = memchr(both.data, ':', both.len);
    if (colon != NULL) user.len = (size_t)(colon - both.data);
    size_t rest = colon != NULL ? user.len + 1 : user.len;
    gl_slice password = gl_slice_of(both.data + rest, both.len - rest);

    gl_buf plain, basic;
    gl_buf_init(&plain, SIZE_MAX / 2);
    gl_buf_init(&basic, SIZE_MAX / 2);
    append_unescaped(&plain, user);
    size_t plain_user = plain.len;
    gl_buf_append_char(&plain, ':');
    append_unescaped(&plain, password);
    append_base64(&basic, gl_buf_slice(&plain));
    glimpse_error error = GLIMPSE_ERR_OOM;
    if (!plain.failed && !basic.failed) {
        const gl_slice words[] = { user, password, gl_slice_of(plain.data, plain_user),
                                   gl_slice_of(plain.data + plain_user + 1,
                                               plain.len - plain_user - 1),
                                   gl_buf_slice(&basic) };
        error = GLIMPSE_OK;
        for (size_t i = 0; error == GLIMPSE_OK && i < sizeof words / sizeof *words; i++)
            error = add(secrets, words[i]);
        explicit_bzero(basic.data, basic.len);
    }
    if (plain.len != 0) explicit_bzero(plain.data, plain.len);
    gl_buf_free(&plain);
    gl_buf_free(&basic);
    return error;
}
